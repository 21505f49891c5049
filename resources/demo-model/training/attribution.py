"""Write ATTRIBUTION.md: the authors whose licences ask for their names.   python attribution.py CORPUS_DIR ../ATTRIBUTION.md"""
import re
import sys
from pathlib import Path

from prepare_data import rows

HEAD = """# Attribution for the demo model's training text

The model card (README.md) lists every source with its licence. Two of them ask for the names of many authors.
"""


def main(corpus, out):
    corpus = Path(corpus)
    books = sorted({(re.sub(r"\s+", " ", r["title"]).strip(), re.sub(r"\s+", " ", r.get("author") or "unknown").strip(), r["license"])
                    for r in rows(corpus / "stories/storybooks_asp_pratham_en.jsonl.zst")})
    names = set()
    for r in rows(corpus / "zh/tatoeba_en_zh.jsonl.zst"):
        names.update(re.findall(r"\(([^()]+)\)", r["attribution"].split("tatoeba.org", 1)[-1]))
    s = HEAD + "\n## African Storybook and Pratham StoryWeaver\n\nTitle, author, licence. The text was cut into pieces and used for training; it is not shipped.\n\n"
    s += "\n".join(f"- {t} — {a} ({l})" for t, a, l in books)
    s += "\n\n## Tatoeba\n\nEnglish-Chinese sentence pairs from tatoeba.org, CC BY 2.0 FR, by these contributors:\n\n"
    s += ", ".join(sorted(names, key=str.lower)) + "\n"
    Path(out).write_text(s, encoding="utf-8")
    print(len(books), "books,", len(names), "contributors,", len(s.encode()), "bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
