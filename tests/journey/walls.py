def cases(world, story):
    return []
def no_leak(world):
    pass
def tamper(world):
    pass
