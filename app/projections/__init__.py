"""What a panel of patients would bring and cost: assumptions with their sources, and the arithmetic from them."""
