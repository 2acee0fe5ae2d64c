package dev.hone.app.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.app.report.RunReport.Changes;
import dev.hone.app.report.RunReport.Command;
import dev.hone.app.report.RunReport.DataSummary;
import dev.hone.app.report.RunReport.Example;
import dev.hone.app.report.RunReport.Fact;
import dev.hone.app.report.RunReport.Measured;
import dev.hone.app.report.RunReport.Step;
import dev.hone.app.report.RunReport.Training;
import dev.hone.error.HoneException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class ReportTest {
  private static final List<String> TWO = List.of("negative", "positive");

  @Test
  void samplesAreWellFormedAndWholeInThemselves() throws Exception {
    for (int labels : new int[] {2, 7, 13, 77}) {
      RunReport run = Samples.of(labels == 2 ? TWO : Samples.intents(labels));
      // Left in target/ for whoever wants to look at it.
      Path file = Path.of("target", "report-" + labels + ".html");
      Report.write(run, file);
      String html = Files.readString(file);
      assertFalse(Files.exists(Path.of(file + ".part")));
      Document page = parse(html);
      assertEquals(0, page.getElementsByTagName("script").getLength());
      assertFalse(
          Pattern.compile("(src=|url\\(|@import|href=\"[^#])").matcher(html).find(),
          "loads something");
      assertTrue(html.contains("default-src 'none'".replace("'", "&#39;")));
      assertTrue(html.length() < 1_500_000, () -> labels + " labels: " + html.length());
    }
  }

  @Test
  void everyLinkOfTheContentsHasItsSection() throws Exception {
    Document page = parse(Report.html(Samples.of(TWO)));
    Set<String> ids = new HashSet<>();
    for (Element section : elements(page, "section")) {
      assertTrue(ids.add(section.getAttribute("id")));
    }
    assertEquals(9, ids.size());
    List<Element> links = elements(page, "a");
    assertEquals(ids.size(), links.size());
    for (Element link : links) {
      assertTrue(ids.contains(link.getAttribute("href").substring(1)));
    }
  }

  @Test
  void tunedLineAloneIsHighlighted() throws Exception {
    Document page = parse(Report.html(Samples.of(TWO)));
    List<Element> tuned =
        elements(page, "tr").stream().filter(r -> r.getAttribute("class").equals("tuned")).toList();
    assertEquals(1, tuned.size());
    assertTrue(tuned.getFirst().getTextContent().startsWith("tuned, LoRA rank 8400"));
    long accented =
        elements(page, "rect").stream()
            .filter(r -> r.getAttribute("class").equals("bar accent"))
            .count();
    assertEquals(2, accented, "one bar, drawn for wide and for narrow pages");
  }

  @Test
  void fewLabelsGiveATableAndManyGiveFifteenPairsAndAPicture() throws Exception {
    Document few = parse(Report.html(Samples.of(TWO)));
    assertEquals(1, withClass(few, "table", "confusion"));
    assertEquals(0, withClass(few, "div", "scroll matrix"));
    Document many = parse(Report.html(Samples.of(Samples.intents(77))));
    assertEquals(0, withClass(many, "table", "confusion"));
    assertEquals(1, withClass(many, "div", "scroll matrix"));
    assertEquals(15, withClass(many, "td", "meter miss"));
    assertTrue(many.getDocumentElement().getTextContent().contains("The other 57 labels"));
  }

  @Test
  void hostileTextStaysText() throws Exception {
    String attack =
        "</script></style><script>alert(1)</script><img src=x onerror=alert(1)>\"' onload='x' &amp;"
            + " \ud83d\ude80\ud83c\udffd \u202Eright to left \u05e9\u05dc\u05d5\u05dd \0\u0007\uFFFF\ud800 ]]>";
    String longText = "ab<i>\ud83d\ude80".repeat(5_000 / 6 + 1);
    List<String> labels = List.of(attack, longText, "c");
    RunReport sample = Samples.of(labels);
    Example example = new Example(longText + attack, attack, longText, attack);
    RunReport run =
        new RunReport(
            attack,
            attack,
            List.of(new Fact(attack, attack)),
            sample.results(),
            List.of(new Measured(attack, 3, List.of(new Fact(attack, longText)))),
            sample.tuned(),
            sample.comparisons(),
            new Changes(attack, 1, 1, List.of(example), List.of(example)),
            sample.training(),
            sample.data(),
            attack,
            sample.machine(),
            sample.cost(),
            List.of(new Command(attack, attack)));
    String html = Report.html(run);
    Document page = parse(html);
    assertEquals(0, page.getElementsByTagName("script").getLength());
    assertEquals(0, page.getElementsByTagName("img").getLength());
    assertEquals(1, page.getElementsByTagName("style").getLength());
    for (Element element : elements(page, "*")) {
      assertFalse(element.hasAttribute("onload") || element.hasAttribute("onerror"));
    }
    assertTrue(page.getElementsByTagName("h1").item(0).getTextContent().contains("<img src=x"));
    assertTrue(page.getElementsByTagName("h1").item(0).getTextContent().contains("\ud83d\ude80"));
    assertTrue(page.getDocumentElement().getTextContent().contains(longText));
    assertTrue(html.contains("<details class=\"long\">"));
    Report.write(run, Path.of("target", "report-hostile.html"));
  }

  @Test
  void bareRunStillMakesAPage() throws Exception {
    RunReport sample = Samples.of(TWO);
    RunReport run =
        new RunReport(
            "bare",
            "One step on plain text.",
            List.of(new Fact("12.31", "perplexity")),
            List.of(),
            List.of(),
            "",
            List.of(),
            null,
            new Training(List.of(new Step(1, 3.2, 1e-3, 0.7)), List.of(), 0),
            new DataSummary(1, List.of(), List.of(), List.of(), 0, List.of(), 0, 3),
            "",
            sample.machine(),
            sample.cost(),
            List.of());
    Document page = parse(Report.html(run));
    assertEquals(4, page.getElementsByTagName("section").getLength());
    assertTrue(withClass(page, "circle", "dot smooth") > 0, "a single step is a dot");
    assertEquals(0, withClass(page, "circle", "dot validation"));
    assertEquals(1, withClass(page, "p", "bad"), "shared groups are a leak");
    assertFalse(page.getDocumentElement().getTextContent().contains("NaN"));
  }

  @Test
  void lossesThatAreNotFiniteBreakTheCurveOnly() throws Exception {
    List<Step> steps =
        List.of(
            new Step(1, 3, 1e-3, 1),
            new Step(2, Double.NaN, 1e-3, Double.POSITIVE_INFINITY),
            new Step(3, 2, 1e-3, 1));
    Html html = TrainingSection.of(new Training(steps, List.of(), 0));
    assertFalse(html.toString().contains("NaN"));
    assertFalse(html.toString().contains("Infinity"));
  }

  @Test
  void dropsAreCountedAndListed() {
    RunReport sample = Samples.of(TWO);
    Html html = DataSection.of(sample.data());
    assertTrue(html.toString().contains("longer than 96 tokens"));
    assertTrue(html.toString().contains("<dd dir=\"auto\">53</dd>"));
  }

  @Test
  void placeThatCannotBeWrittenIsNamed(@TempDir Path folder) throws Exception {
    Path file = Files.writeString(folder.resolve("taken"), "x");
    HoneException e =
        assertThrows(
            HoneException.class, () -> Report.write(Samples.of(TWO), file.resolve("report.html")));
    assertTrue(String.valueOf(e.getMessage()).contains("report.html"));
  }

  private static long withClass(Document page, String tag, String style) {
    return elements(page, tag).stream().filter(e -> e.getAttribute("class").equals(style)).count();
  }

  private static List<Element> elements(Document page, String tag) {
    NodeList nodes = page.getElementsByTagName(tag);
    return IntStream.range(0, nodes.getLength())
        .mapToObj(nodes::item)
        .map(Element.class::cast)
        .toList();
  }

  private static Document parse(String html) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(html)));
  }
}
