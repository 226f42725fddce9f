"""How well charge lines keep the rules of FOCUS 1.2: the rules, how each is checked, and the score card."""
