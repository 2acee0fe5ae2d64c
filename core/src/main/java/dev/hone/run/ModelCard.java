package dev.hone.run;

import dev.hone.config.Place;
import dev.hone.config.Yaml;
import dev.hone.error.HoneException;
import dev.hone.method.AdapterFiles;
import dev.hone.model.head.HeadKind;
import dev.hone.recipe.Recipe;
import dev.hone.store.hub.Hub;
import dev.hone.store.hub.Repo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The card of what a run has made: YAML that the Hub understands (its model card metadata, with
 * results as model-index), then a few words for people.
 *
 * @param base what the adapter belongs to, empty for a whole model
 * @param labels that it tells apart; empty where it writes text
 * @param head that answers, or null
 * @param datasets on the Hub that it was trained on
 * @param result of the run, or a missing node
 */
record ModelCard(
    Repo repo,
    String base,
    List<String> labels,
    @Nullable HeadKind head,
    List<String> datasets,
    JsonNode result) {
  private static final JsonMapper JSON = JsonMapper.shared();
  private static final Pattern LICENSE =
      Pattern.compile("\\A---\\R(?:(?!---).*\\R)*?license:\\s*([\\w.-]+)");

  static ModelCard of(Path folder, Path weights, Repo repo) {
    Path recipe = folder.resolve("recipe.yaml");
    List<String> datasets =
        Files.exists(recipe)
            ? Yaml.read(recipe, Recipe.class, List.of()).data().path().stream()
                .filter(Place::onHub)
                .map(place -> Repo.dataset(place.name()).id())
                .distinct()
                .toList()
            : List.of();
    return new ModelCard(
        repo,
        AdapterFiles.isIn(weights) ? AdapterFiles.base(AdapterFiles.config(weights)) : "",
        AdapterCard.read(weights).map(AdapterCard::labels).orElse(List.of()),
        AdapterCard.read(weights).map(AdapterCard::head).orElse(null),
        datasets,
        json(folder.resolve("result.json")));
  }

  private static JsonNode json(Path file) {
    try {
      return Files.exists(file) ? JSON.readTree(Files.readString(file)) : JSON.createObjectNode();
    } catch (IOException | JacksonException e) {
      throw new HoneException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  private boolean baseOnHub() {
    return Place.isRepository(base, Path.of(""))
        || (!base.isEmpty() && Repo.ofSnapshot(Path.of(base)).isPresent());
  }

  private String baseName() {
    return Place.isRepository(base, Path.of("")) ? base : Publication.publicName(base);
  }

  /** The base's licence as its own card names it, which an adapter inherits; null where unknown. */
  @Nullable String baseLicense(Hub hub) {
    if (base.isEmpty()) {
      return null;
    }
    try {
      if (baseOnHub()) {
        return hub.license(Repo.model(baseName()));
      }
      Path card = Path.of(base).resolve("README.md");
      Matcher license = LICENSE.matcher(Files.exists(card) ? Files.readString(card) : "");
      return license.find() ? license.group(1) : null;
    } catch (IOException | HoneException e) {
      return null; // a card without a licence is better than none
    }
  }

  String text(@Nullable String license) {
    StringBuilder card = new StringBuilder("---\n");
    card.append("library_name: ").append(base.isEmpty() ? "transformers" : "peft").append('\n');
    if (baseOnHub()) {
      card.append("base_model: ").append(quoted(baseName())).append('\n');
    }
    if (license != null) {
      card.append("license: ").append(quoted(license)).append('\n');
    }
    card.append("pipeline_tag: ").append(task()).append('\n');
    card.append("tags:\n- hone\n").append(base.isEmpty() ? "" : "- lora\n");
    if (!datasets.isEmpty()) {
      card.append("datasets:\n");
      datasets.forEach(d -> card.append("- ").append(quoted(d)).append('\n'));
    }
    metrics(card);
    card.append("---\n\n# ").append(name()).append("\n\n").append(introduction()).append('\n');
    table(card);
    card.append("\n## Use\n\n    hone generate ").append(repo.id());
    card.append(base.isEmpty() || baseOnHub() ? "" : " --model FOLDER");
    return card.append(" \"your text\"\n").toString();
  }

  private String introduction() {
    String what =
        base.isEmpty()
            ? "A model trained with Hone."
            : "An adapter for `" + baseName() + "`, trained with Hone; its files are PEFT's.";
    return labels.isEmpty()
        ? what + '\n'
        : what + "\nIt tells apart: " + String.join(", ", labels) + ".\n";
  }

  private String name() {
    return repo.id().substring(repo.id().indexOf('/') + 1);
  }

  private String task() {
    return switch (head) {
      case TOKEN_CLASSIFICATION -> "token-classification";
      case QUESTION_ANSWERING -> "question-answering";
      case MULTIPLE_CHOICE -> "multiple-choice";
      case MASKED_LM -> "fill-mask";
      case SINGLE_LABEL, MULTI_LABEL, REGRESSION -> "text-classification";
      case null -> labels.isEmpty() ? "text-generation" : "text-classification";
    };
  }

  private void metrics(StringBuilder card) {
    List<String> metrics = new ArrayList<>();
    for (JsonNode line : result.path("lines")) {
      if (line.path("name").asString("").equals(RunResult.TUNED)) {
        add(metrics, "accuracy", line.path("accuracy"));
        add(metrics, "f1", line.path("macro_f1"));
        add(metrics, "matthews_correlation", line.path("mcc"));
      }
    }
    for (JsonNode line : result.path("measures")) {
      if (line.path("name").asString("").equals(RunResult.TUNED)) {
        names(line).forEach(name -> add(metrics, name.toLowerCase(Locale.ROOT), line.path(name)));
      }
    }
    for (JsonNode line : result.path("perplexities")) {
      if (line.path("name").asString("").equals(RunResult.TUNED)) {
        add(metrics, "perplexity", line.path("perplexity"));
      }
    }
    if (!metrics.isEmpty()) {
      String data = datasets.isEmpty() ? "held-out rows of the run" : datasets.getFirst();
      card.append("model-index:\n- name: ").append(quoted(name())).append("\n  results:\n");
      card.append("  - task:\n      type: ").append(task()).append('\n');
      card.append("    dataset:\n      name: ").append(quoted(data)).append('\n');
      card.append("      type: ").append(datasets.isEmpty() ? "custom" : quoted(data)).append('\n');
      card.append("    metrics:\n");
      metrics.forEach(card::append);
    }
  }

  /** Of the measures of a line. */
  private static List<String> names(JsonNode line) {
    return line.propertyNames().stream()
        .filter(name -> !List.of("name", "n").contains(name) && !name.endsWith("_se"))
        .toList();
  }

  private static void add(List<String> metrics, String type, JsonNode value) {
    if (value.isNumber()) {
      metrics.add(
          String.format(
              Locale.ROOT, "    - type: %s\n      value: %.4f\n", type, value.asDouble()));
    }
  }

  private void table(StringBuilder card) {
    if (!result.path("lines").isEmpty()) {
      card.append(
          "\n## Results\n\n| on the same rows | n | accuracy | macro-F1 |\n|---|---|---|---|\n");
    }
    for (JsonNode line : result.path("lines")) {
      card.append(
          String.format(
              Locale.ROOT,
              "| %s | %d | %.1f ± %.1f %% | %.1f %% |\n",
              line.path("name").asString("").replace('_', ' '),
              line.path("n").asLong(),
              100 * line.path("accuracy").asDouble(),
              100 * line.path("accuracy_se").asDouble(0),
              100 * line.path("macro_f1").asDouble()));
    }
    for (JsonNode line : result.path("measures")) {
      if (line.path("name").asString("").equals(RunResult.TUNED)) {
        card.append("\n## Results\n\n| measure | on ").append(line.path("n").asLong());
        card.append(" test rows |\n|---|---|\n");
        names(line)
            .forEach(
                name ->
                    card.append(
                        String.format(
                            Locale.ROOT,
                            "| %s | %.4f |\n",
                            name.replace('_', ' '),
                            line.path(name).asDouble(Double.NaN))));
      }
    }
    if (!result.path("preferences").isEmpty()) {
      card.append(
          "\n## Results\n\n| on the same rows | n | rewards in right order |\n|---|---|---|\n");
    }
    for (JsonNode line : result.path("preferences")) {
      card.append(
          String.format(
              Locale.ROOT,
              "| %s | %d | %.1f ± %.1f %% |\n",
              line.path("name").asString("").replace('_', ' '),
              line.path("n").asLong(),
              100 * line.path("reward_accuracy").asDouble(),
              100 * line.path("reward_accuracy_se").asDouble(0)));
    }
    if (!result.path("perplexities").isEmpty()) {
      card.append("\n## Results\n\n| on the same rows | perplexity |\n|---|---|\n");
    }
    for (JsonNode line : result.path("perplexities")) {
      card.append(
          String.format(
              Locale.ROOT,
              "| %s | %.3f ± %.3f |\n",
              line.path("name").asString("").replace('_', ' '),
              line.path("perplexity").asDouble(),
              line.path("perplexity_se").asDouble(0)));
    }
  }

  /** A JSON string is a YAML string. */
  private static String quoted(String text) {
    return JSON.writeValueAsString(text);
  }
}
