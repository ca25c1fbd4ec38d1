"""Mail merge: records from deals or a spreadsheet, and one file, many files, labels, envelopes or drafts of them."""
