"""Writes documents with the libraries that people write them with, and reads them again.

documents.py write FOLDER    makes books.xlsx, letter.docx, page.pdf and all.zip there
documents.py read FOLDER     reads those of every folder in it, and says what they hold: one line of JSON, the same for all
"""

import datetime
import json
import pathlib
import sys
import zipfile

import docx
import openpyxl
import pypdf


def write(folder):
    books = openpyxl.Workbook()
    sheet = books.active
    sheet.title = "Orders"
    sheet.append(["Order", "Amount", "When", "Paid"])
    for number in range(1, 2_000):
        sheet.append([f"Größe {number} €", number * 1.25, datetime.datetime(2026, 1, 1 + number % 28), number % 2 == 0])
    books.create_sheet("Sums")["A1"] = "=SUM(Orders!B2:B2000)"
    books.save(folder / "books.xlsx")

    letter = docx.Document()
    letter.add_heading("Dear Sirs", 0)
    letter.add_paragraph("Please find — as ever — nothing changed. \N{SNOWMAN}")
    letter.save(folder / "letter.docx")

    page = pypdf.PdfWriter()
    page.add_blank_page(width=210, height=297)
    page.add_metadata({"/Title": "Nothing changed"})
    page.write(folder / "page.pdf")

    with zipfile.ZipFile(folder / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("books.xlsx", "letter.docx", "page.pdf"):
            archive.write(folder / name, name)


def cells(path):
    books = openpyxl.load_workbook(path)
    return {sheet.title: [[str(cell.value) for cell in row] for row in sheet.iter_rows()] for sheet in books}


def read(folder):
    with zipfile.ZipFile(folder / "all.zip") as archive:
        damaged, names = archive.testzip(), archive.namelist()
    page = pypdf.PdfReader(folder / "page.pdf")
    return {
        "cells": cells(folder / "books.xlsx"),
        "paragraphs": [paragraph.text for paragraph in docx.Document(folder / "letter.docx").paragraphs],
        "pages": [len(page.pages), page.metadata.title],
        "archive": [damaged, names],
    }


if __name__ == "__main__":
    what, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    if what == "write":
        write(folder)
    else:
        seen = {json.dumps(read(each)) for each in folder.iterdir()}
        assert len(seen) == 1, "the folders hold different documents"
        print(seen.pop())
