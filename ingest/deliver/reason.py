"""Why a connection failed, in the words of the operating system and free of addresses and secrets."""


def reason(error: BaseException) -> str:
    """Return the innermost cause of an error as a few words.

    The messages of requests and urllib3 quote the whole address, which may hold a token;
    those of sockets and TLS beneath them don't.
    """
    while inner := error.__cause__ or error.__context__:
        error = inner
    if isinstance(error, TimeoutError):
        return "timed out"
    if isinstance(error, OSError):
        return getattr(error, "verify_message", "") or error.strerror or type(error).__name__
    return type(error).__name__
