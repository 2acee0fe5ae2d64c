package dev.hone.app.report;

import dev.hone.app.report.RunReport.Example;
import java.util.List;

/** Rows on which the tuned model and a baseline disagree, one of them being right. */
final class ExamplesSection {
  private static final int LISTED = 12;

  /** Those beyond are folded. */
  private static final int SHOWN = 6;

  /** Longer texts are folded after this many characters. */
  private static final int FOLD = 360;

  private ExamplesSection() {}

  static Html of(RunReport.Changes changes) {
    Html html = new Html();
    list(html, changes, "From wrong to right", changes.toRight(), changes.gained());
    list(html, changes, "From right to wrong", changes.toWrong(), changes.lost());
    return html;
  }

  private static void list(
      Html html, RunReport.Changes changes, String title, long count, List<Example> examples) {
    html.open("h3").text(title).text(" ").element("small", Numbers.count(count, "row")).close();
    if (examples.isEmpty()) {
      html.element("p", "None.", "class", "note");
      return;
    }
    int listed = Math.min(LISTED, examples.size());
    int shown = Math.min(SHOWN, listed);
    cards(html, changes, examples.subList(0, shown));
    if (shown < listed) {
      html.open("details").element("summary", (listed - shown) + " more");
      cards(html, changes, examples.subList(shown, listed));
      html.close();
    }
  }

  private static void cards(Html html, RunReport.Changes changes, List<Example> examples) {
    html.open("div", "class", "cards");
    for (Example example : examples) {
      card(html, example, changes.baseline());
    }
    html.close();
  }

  private static void card(Html html, Example example, String baseline) {
    html.open("article");
    quote(html, example.text());
    html.open("dl");
    answer(html, "gold", "gold", example.gold());
    String gold = example.gold();
    answer(html, baseline, example.before().equals(gold) ? "right" : "wrong", example.before());
    answer(html, "tuned", example.after().equals(gold) ? "right" : "wrong", example.after());
    html.close().close();
  }

  private static void answer(Html html, String who, String style, String text) {
    html.open("div", "class", style);
    html.element("dt", who, "dir", "auto");
    String shown = text.isBlank() ? "(nothing)" : Numbers.shorten(text, FOLD);
    html.open("dd").element("bdi", shown).close();
    html.close();
  }

  private static void quote(Html html, String text) {
    int length = text.codePointCount(0, text.length());
    if (length <= FOLD + 80) {
      html.element("blockquote", text, "dir", "auto");
      return;
    }
    int cut = text.offsetByCodePoints(0, FOLD);
    html.open("details", "class", "long").open("summary");
    html.element("blockquote", text.substring(0, cut) + "\u2026", "dir", "auto");
    html.element("span", "all " + Numbers.count(length) + " characters", "class", "more");
    html.close().element("blockquote", text, "dir", "auto").close();
  }
}
