-- Run by the image of Postgres, as its superuser, when the database is made: who owns it, and who uses it.
-- The owner migrates, makes practices and keys. The application logs in as somebody who owns nothing and, in each
-- transaction, becomes care_month_app, under the policies of row-level security. None of them is a superuser.
-- care_month_checkpoint sees the heads of all ledgers, and is nobody's until somebody is to make checkpoints.
\set ON_ERROR_STOP on
\getenv owner_password OWNER_PASSWORD
\getenv app_password APP_PASSWORD

CREATE ROLE care_month_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE care_month_app NOLOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
CREATE ROLE care_month_login LOGIN NOINHERIT PASSWORD :'app_password';
CREATE ROLE care_month_checkpoint NOLOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
GRANT care_month_app TO care_month_owner, care_month_login;

CREATE DATABASE care_month OWNER care_month_owner;
REVOKE ALL ON DATABASE care_month FROM PUBLIC;
GRANT CONNECT ON DATABASE care_month TO care_month_login;
