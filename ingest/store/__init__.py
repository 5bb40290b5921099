"""The door to the database: tables, transactions and the conversion of rows to records."""
