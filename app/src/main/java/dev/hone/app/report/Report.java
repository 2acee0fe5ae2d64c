package dev.hone.app.report;

import dev.hone.evaluate.ResultLine;
import dev.hone.store.AtomicFiles;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Tells the story of a run on one page: what came out, what changed, how it was trained and on
 * what.
 *
 * <p>The file is complete in itself. It has no scripts, loads nothing, says so in its content
 * security policy, and is well-formed XML as well as HTML.
 */
public final class Report {
  private static final String POLICY = "default-src 'none'; style-src 'unsafe-inline'";
  private static final String STYLE = style();

  /** A part of the page; the contents list it by its short name. */
  private record Section(String id, String name, String title, Html body) {
    Section(String id, String title, Html body) {
      this(id, title, title, body);
    }
  }

  private Report() {}

  /**
   * Writes the page. A reader never sees half of it: it is written beside its place first.
   *
   * @throws dev.hone.error.HoneException when the file cannot be written
   */
  public static void write(RunReport run, Path file) {
    AtomicFiles.write(file, html(run));
  }

  /** Writes the page of a run in stages in the same way. */
  public static void write(StagesReport stages, Path file) {
    AtomicFiles.write(file, html(stages));
  }

  /** Writes the page of a comparison in the same way. */
  public static void write(ComparisonReport comparison, Path file) {
    AtomicFiles.write(file, html(comparison));
  }

  /** The whole page as text. */
  public static String html(RunReport run) {
    return page("Hone run", run.name(), run.summary(), ResultsSection.tiles(run), sections(run));
  }

  /** The whole page of a run in stages as text. */
  public static String html(StagesReport run) {
    List<Section> sections = new ArrayList<>();
    for (StagesReport.Stage stage : run.stages()) {
      sections.add(new Section("stage-" + stage.name(), stage.name(), StageSection.of(stage)));
    }
    sections.add(new Section("recipe", "Recipe", recipe(run.recipe())));
    sections.add(new Section("next", "Next", "What to type next", next(run.next())));
    return page("Hone run", run.name(), run.summary(), new Html(), sections);
  }

  /** The whole page of a comparison as text. */
  public static String html(ComparisonReport comparison) {
    List<Section> sections = new ArrayList<>();
    for (ComparisonReport.Group group : comparison.groups()) {
      sections.add(
          new Section("group-" + sections.size(), group.title(), ComparisonSection.of(group)));
    }
    sections.add(
        new Section(
            "table", "Table", ComparisonSection.table(comparison.columns(), comparison.rows())));
    sections.add(new Section("notes", "Notes", ComparisonSection.notes(comparison.notes())));
    return page("Hone comparison", comparison.name(), comparison.summary(), new Html(), sections);
  }

  private static String page(
      String kind, String name, String summary, Html tiles, List<Section> sections) {
    Html html = new Html();
    html.open("html", "xmlns", "http://www.w3.org/1999/xhtml", "lang", "en");
    html.open("head").empty("meta", "charset", "utf-8");
    html.empty("meta", "http-equiv", "Content-Security-Policy", "content", POLICY);
    html.empty("meta", "name", "viewport", "content", "width=device-width, initial-scale=1");
    html.empty("meta", "name", "color-scheme", "content", "light dark");
    html.element("title", name + " \u00b7 Hone").style(STYLE).close();
    html.open("body").open("header").element("p", kind, "class", "kind");
    html.element("h1", name, "dir", "auto");
    html.element("p", summary, "class", "summary", "dir", "auto");
    html.add(tiles).open("nav");
    for (Section section : sections) {
      html.element("a", section.name(), "href", "#" + section.id()).text(" ");
    }
    html.close().close().open("main");
    for (Section section : sections) {
      html.open("section", "id", section.id()).element("h2", section.title());
      html.add(section.body()).close();
    }
    html.close();
    html.element(
        "footer",
        "Written by Hone. This file is complete: no scripts, nothing loaded from elsewhere.");
    return "<!DOCTYPE html>\n" + html.close().close() + "\n";
  }

  private static List<Section> sections(RunReport run) {
    List<Section> sections = new ArrayList<>();
    if (!run.results().isEmpty()) {
      sections.add(new Section("results", "Results", ResultsSection.of(run)));
    }
    if (!run.measured().isEmpty()) {
      sections.add(new Section("results", "Results", ResultsSection.measured(run)));
    }
    if (!run.training().steps().isEmpty()) {
      sections.add(new Section("training", "Training", TrainingSection.of(run.training())));
    }
    RunReport.Changes changes = run.changes();
    if (changes != null) {
      String title = "What changed against " + changes.baseline();
      sections.add(new Section("changes", "Changes", title, ExamplesSection.of(changes)));
    }
    ResultsSection.tuned(run)
        .map(ResultLine::detail)
        .ifPresent(
            scores -> {
              sections.add(new Section("confusion", "Confusion", ConfusionSection.of(scores)));
              sections.add(
                  new Section(
                      "labels", "Labels", "Labels, weakest first", LabelsSection.of(scores)));
            });
    sections.add(new Section("data", "Data", DataSection.of(run.data())));
    sections.add(new Section("machine", "Machine and cost", MachineSection.of(run)));
    sections.add(new Section("recipe", "Recipe", recipe(run.recipe())));
    if (!run.next().isEmpty()) {
      sections.add(new Section("next", "Next", "What to type next", next(run.next())));
    }
    return sections;
  }

  private static Html recipe(String recipe) {
    return new Html()
        .open("details")
        .element("summary", "The resolved recipe, " + Numbers.count(recipe.lines().count(), "line"))
        .element("pre", recipe)
        .close();
  }

  private static Html next(List<RunReport.Command> commands) {
    Html html = new Html().open("dl", "class", "commands");
    for (RunReport.Command command : commands) {
      html.element("dt", command.purpose(), "dir", "auto");
      html.open("dd").element("pre", command.line()).close();
    }
    return html.close();
  }

  private static String style() {
    try (InputStream in = Objects.requireNonNull(Report.class.getResourceAsStream("report.css"))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
