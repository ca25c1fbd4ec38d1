"""Excel: what the template engine in `render/xlsx.py` is made of, from cells and formulas to a finished workbook."""
