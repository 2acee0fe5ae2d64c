package dev.hone.app.report;

/** One stage of several: what it cost, what came out, and where more of it stands. */
final class StageSection {
  private StageSection() {}

  static Html of(StagesReport.Stage stage) {
    Html html = new Html().element("p", stage.cost());
    html.open("div", "class", "scroll").open("table", "class", "results").open("tbody");
    for (RunReport.Fact result : stage.results()) {
      html.open("tr").element("th", result.meaning(), "scope", "row", "dir", "auto");
      html.element("td", result.value(), "class", "number").close();
    }
    html.close().close().close();
    html.open("p").element("a", "All of this stage", "href", stage.page()).close();
    return html;
  }
}
