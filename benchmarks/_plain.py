"""What a good engineer would write in an afternoon: docxtpl, WeasyPrint and openpyxl in a loop, on our templates.

It is given the worked-out values for nothing, so that only the making of documents is compared. It checks nothing,
keeps no record, and would write over anything.
"""

from __future__ import annotations

import sys
from pathlib import Path

import jinja2
import openpyxl
from docxtpl.template import DocxTemplate
from weasyprint import HTML

from generator import reading
from generator.templating import default, locale_filters
from generator.workspace import Workspace, find

FIRST_ROW = 6


def main() -> None:
    root, output = Path(sys.argv[1]), Path(sys.argv[2])
    workspace = Workspace.at(root)
    opened = reading.open_house(workspace, (), [])
    if opened is None:
        sys.exit("the templates have faults")
    provider = opened.house.provider
    filters = {**locale_filters(provider.locale, provider.currency), "default": default}
    pages = jinja2.Environment(loader=jinja2.FileSystemLoader(workspace.templates), autoescape=True)
    words = jinja2.Environment(autoescape=True)
    for environment in (pages, words):
        environment.filters |= filters
        environment.add_extension("jinja2.ext.do")
    for path in find(workspace, ()):
        one = reading.read_deals([path], opened, [])[path]
        for job in reading.packet_of(one, opened, []) or ():
            target = output / job.target
            target.parent.mkdir(parents=True, exist_ok=True)
            source = workspace.templates / job.template
            if source.suffix == ".html":
                text = pages.get_template(job.template).render(job.values)
                HTML(string=text, base_url=str(source)).write_pdf(target, pdf_tags=True)
            elif source.suffix == ".docx":
                letter = DocxTemplate(source)
                letter.render(dict(job.values), words)
                letter.save(target)
            else:
                book = openpyxl.load_workbook(source)
                for row, action in enumerate(job.values["actions"], FIRST_ROW):  # type: ignore[arg-type, var-annotated]
                    cells = (action.id, action.section, action.text, action.person.name, action.due)
                    for column, value in enumerate(cells, 1):
                        book.worksheets[0].cell(row, column + 8, value)
                book.save(target)


if __name__ == "__main__":
    main()
