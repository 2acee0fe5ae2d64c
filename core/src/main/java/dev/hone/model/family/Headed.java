package dev.hone.model.family;

import dev.hone.error.HoneException;
import dev.hone.error.Nearest;
import dev.hone.model.head.HeadKind;
import dev.hone.store.Config;
import dev.hone.store.ModelFolder;
import java.util.Collection;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/** The configuration of a checkpoint with another head on its backbone. */
final class Headed {
  private Headed() {}

  /**
   * The same model with a head of this kind.
   *
   * @param labels names of the outputs in their order, where they have some
   * @param supported every architecture that loads
   * @throws HoneException where its family has no such head, or the checkpoint one for another task
   */
  static Config of(
      ModelFolder files, HeadKind kind, List<String> labels, Collection<String> supported) {
    Config config = files.config();
    String architecture = architecture(files, kind, supported);
    requireSameProblem(config, kind);
    requireNoOtherTask(config, architecture);
    ObjectNode json = config.json().deepCopy();
    json.putArray("architectures").add(architecture);
    List.of("problem_type", "num_labels", "id2label", "label2id").forEach(json::remove);
    if (kind.problemType() != null) {
      json.put("problem_type", kind.problemType());
    }
    List<String> outputs =
        kind == HeadKind.REGRESSION ? List.of("LABEL_0") : kind.namesLabels() ? labels : List.of();
    if (!outputs.isEmpty()) {
      ObjectNode names = json.putObject("id2label");
      ObjectNode numbers = json.putObject("label2id");
      for (int i = 0; i < outputs.size(); i++) {
        names.put(String.valueOf(i), outputs.get(i));
        numbers.put(outputs.get(i), i);
      }
    }
    return Config.of(config.file(), json);
  }

  /** What a family's architectures have in common, as {@code Bert}. */
  static String stem(List<String> named) {
    return named.getFirst().replaceFirst("(For|LMHead|Model).*", "");
  }

  /** A head for numbers or for several labels would learn something else than it was made for. */
  private static void requireSameProblem(Config config, HeadKind kind) {
    String problem = config.optionalText("problem_type").orElse("");
    boolean special = problem.equals("regression") || problem.equals("multi_label_classification");
    if (special && kind.problemType() != null && !problem.equals(kind.problemType())) {
      throw new HoneException(
          config.file()
              + ": problem_type is '"
              + problem
              + "', but these rows need '"
              + kind.problemType()
              + "'; say what the rows are (data.format: regression, or multi-label), take another"
              + " model, or put that there for a head that learns it");
    }
  }

  /** Its head may even have the shape of the one that is wanted, and would pass for it. */
  private static void requireNoOtherTask(Config config, String architecture) {
    for (String name : config.texts("architectures")) {
      if (Task.isFineTuned(name) && Task.of(name) != Task.of(architecture)) {
        throw new HoneException(
            config.file()
                + ": '"
                + name
                + "' has a head for another task than '"
                + architecture
                + "', which these rows need; give rows for its task, take the model that it was"
                + " made from, or put '"
                + architecture
                + "' there and remove its head from the weights");
      }
    }
  }

  /**
   * The architecture of the same family and name with this head. Checkpoints of a backbone alone
   * are called after it (BertModel), or say no more than {@code model_type}.
   *
   * @param supported every architecture that loads
   */
  static String architecture(ModelFolder files, HeadKind kind, Collection<String> supported) {
    Config config = files.config();
    List<String> named = config.texts("architectures");
    String type = config.optionalText("model_type").orElse("").replaceAll("[-_]", "");
    String stem = named.isEmpty() ? type : stem(named);
    List<String> known = supported.stream().filter(n -> n.endsWith(kind.ending())).toList();
    return known.stream()
        .filter(name -> name.equalsIgnoreCase(stem + kind.ending()))
        .findFirst()
        .orElseThrow(
            () ->
                new HoneException(
                    files.path()
                        + ": no "
                        + (kind.problemType() == null ? kind.word() : "classification")
                        + " head is known for "
                        + (named.isEmpty() ? "model_type '" + type : "'" + named.getFirst())
                        + "'"
                        + Nearest.hint(stem + kind.ending(), supported)
                        + "; supported are "
                        + Supported.list(known)));
  }
}
