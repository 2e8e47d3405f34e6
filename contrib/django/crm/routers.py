class ArchiveRouter:
    """Unmanaged models live in gymchat's database, where nothing is ever written or migrated from here."""

    def db_for_read(self, model, **hints):
        return None if model._meta.managed else "archive"

    def db_for_write(self, model, **hints):
        if not model._meta.managed:
            raise RuntimeError(f"{model.__name__} is gymchat's: read it, and write through the chat")
        return None

    def allow_migrate(self, db, app_label, **hints):
        return False if db == "archive" else None
