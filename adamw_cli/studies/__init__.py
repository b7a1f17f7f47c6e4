"""A question, a scenario made for it, and an explained answer: decay, overshoot, critical-lambda.

Studies run scenarios and judge nothing; what they measure and predict comes from judging/.
"""
