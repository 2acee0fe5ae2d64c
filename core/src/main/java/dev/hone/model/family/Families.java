package dev.hone.model.family;

import dev.hone.error.HoneException;
import dev.hone.error.Nearest;
import dev.hone.model.Backbone;
import dev.hone.model.FolderWeights;
import dev.hone.model.Head;
import dev.hone.model.Model;
import dev.hone.model.Parts;
import dev.hone.model.RandomWeights;
import dev.hone.model.Storage;
import dev.hone.model.Weights;
import dev.hone.store.Config;
import dev.hone.store.ModelFolder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Makes models: finds the family that an architecture belongs to. */
public final class Families {
  private static final Map<String, Family> KNOWN = new LinkedHashMap<>();

  static {
    for (Family family :
        List.of(
            new Llama(),
            new Mistral(),
            new Qwen2(),
            new Qwen3(),
            new Gemma(),
            new Gemma2(),
            new Gemma3(),
            new Phi(),
            new Phi3(),
            new Olmo2(),
            new SmolLm3(),
            new Starcoder2(),
            new Granite(),
            new Gpt2(),
            new GptNeo(),
            new GptNeoX(),
            new GptJ(),
            new Opt(),
            new Bloom(),
            new Falcon(),
            new Bert(),
            new Roberta(),
            new DistilBert(),
            new Albert(),
            new Electra(),
            new DebertaV2(),
            new ModernBert(),
            new T5(),
            new Bart())) {
      family.architectures().forEach(name -> KNOWN.put(name, family));
    }
  }

  private static final String ROWS = "ForSequenceClassification";

  private Families() {}

  private static List<String> classifiers() {
    return KNOWN.keySet().stream().filter(name -> name.endsWith(ROWS)).toList();
  }

  /** Architectures that load. */
  public static List<String> architectures() {
    return List.copyOf(KNOWN.keySet());
  }

  /** Opens a Hugging Face folder as the architecture that its config.json names. */
  public static Model load(Path folder) {
    return load(folder, Storage.FLOAT32);
  }

  /** The same with its matrices kept in this form. */
  public static Model load(Path folder, Storage storage) {
    return load(folder, "config.json", storage);
  }

  /** The same with another configuration file of that folder. */
  public static Model load(Path folder, String configFile) {
    return load(folder, configFile, Storage.FLOAT32);
  }

  private static Model load(Path folder, String configFile, Storage storage) {
    ModelFolder files = ModelFolder.open(folder, configFile);
    try {
      return opened(files, files.config(), false, storage);
    } catch (RuntimeException e) {
      files.close();
      throw e;
    }
  }

  /**
   * Opens a folder as a sequence classifier with these labels. The head is the checkpoint's own
   * where it has one for as many labels, otherwise a new one.
   */
  public static Model classifier(Path folder, List<String> labels) {
    return classifier(folder, labels, Storage.FLOAT32);
  }

  /** The same with its matrices kept in this form. */
  public static Model classifier(Path folder, List<String> labels, Storage storage) {
    ModelFolder files = ModelFolder.open(folder);
    try {
      Config config = files.config();
      String architecture = classifierOf(config, folder);
      requireOneLabelEach(config);
      ObjectNode json = config.json().deepCopy();
      json.putArray("architectures").add(architecture);
      json.put("problem_type", "single_label_classification");
      json.remove("num_labels");
      ObjectNode names = json.putObject("id2label");
      ObjectNode numbers = json.putObject("label2id");
      for (int i = 0; i < labels.size(); i++) {
        names.put(String.valueOf(i), labels.get(i));
        numbers.put(labels.get(i), i);
      }
      return opened(files, Config.of(config.file(), json), true, storage);
    } catch (RuntimeException e) {
      files.close();
      throw e;
    }
  }

  /** A head for numbers or for several labels would learn something else than it was made for. */
  private static void requireOneLabelEach(Config config) {
    String problem = config.optionalText("problem_type").orElse("");
    if (problem.equals("regression") || problem.equals("multi_label_classification")) {
      throw new HoneException(
          config.file()
              + ": problem_type is '"
              + problem
              + "', but classifiers are trained and measured on one label a row here; take another"
              + " model, or put 'single_label_classification' there for a head that chooses one");
    }
  }

  /**
   * The classifier of the same family and name. Checkpoints of a backbone alone are called after it
   * (BertModel), or say no more than {@code model_type}.
   */
  private static String classifierOf(Config config, Path folder) {
    List<String> named = config.texts("architectures");
    String type = config.optionalText("model_type").orElse("").replaceAll("[-_]", "");
    String stem =
        named.isEmpty() ? type : named.getFirst().replaceFirst("(For|LMHead|Model).*", "");
    return KNOWN.keySet().stream()
        .filter(name -> name.equalsIgnoreCase(stem + ROWS))
        .findFirst()
        .orElseThrow(
            () ->
                new HoneException(
                    folder
                        + ": no classification head is known for "
                        + (named.isEmpty() ? "model_type '" + type : "'" + named.getFirst())
                        + "'"
                        + Nearest.hint(stem + ROWS, KNOWN.keySet())
                        + "; supported are "
                        + Supported.list(classifiers())));
  }

  /**
   * What a folder loads as, without its numbers: only the headers of the weights are read, so that
   * a model of any size is there at once. Every tensor is checked as in {@link #load(Path)}, but
   * reads as zeros. A backbone without a head is shown with the classification head that it would
   * get.
   */
  public static Model outline(Path folder) {
    ModelFolder files = ModelFolder.open(folder);
    try {
      Config config = files.config();
      List<String> named = config.texts("architectures");
      String architecture =
          !named.isEmpty() && KNOWN.containsKey(named.getFirst())
              ? named.getFirst()
              : classifierOf(config, folder);
      Family family = family(architecture, folder);
      return built(
          family,
          architecture,
          config,
          FolderWeights.outline(files, family.prefix(), architecture),
          files);
    } catch (RuntimeException e) {
      files.close();
      throw e;
    }
  }

  /** The family that answers to an architecture, by name; empty where none does. */
  public static Optional<String> familyOf(String architecture) {
    return Optional.ofNullable(KNOWN.get(architecture)).map(f -> f.getClass().getSimpleName());
  }

  private static Model opened(ModelFolder files, Config config, boolean renewing, Storage storage) {
    String architecture = architecture(config, files.path());
    Family family = family(architecture, files.path());
    Weights weights = new FolderWeights(files, family.prefix(), architecture, renewing, storage);
    return built(family, architecture, config, weights, files);
  }

  private static Model built(
      Family family,
      String architecture,
      Config config,
      Weights weights,
      @Nullable ModelFolder files) {
    Parts parts = new Parts(weights);
    try {
      Backbone backbone = family.backbone(config, parts);
      Head head = family.head(architecture, config, backbone, parts);
      weights.finish();
      return new Model(
          architecture,
          config,
          backbone,
          head,
          parts.parameters(),
          parts.linears(),
          weights.fileNames(),
          weights.made(),
          weights.surplus(),
          files);
    } catch (RuntimeException e) {
      parts.close();
      throw e;
    }
  }

  private static Family family(String architecture, Path folder) {
    Family family = KNOWN.get(architecture);
    if (family == null) {
      throw new HoneException(
          folder
              + ": architecture '"
              + architecture
              + "' is not supported"
              + Nearest.hint(architecture, KNOWN.keySet())
              + "; supported are "
              + Supported.list(KNOWN.keySet()));
    }
    return family;
  }

  /** A model of this configuration from the engine's seeded random numbers. */
  public static Model random(Config config) {
    Path origin = Path.of("config.json");
    String architecture = architecture(config, origin);
    double std =
        config
            .optionalDouble("initializer_range")
            .orElse(config.optionalDouble("init_std").orElse(0.02));
    return built(family(architecture, origin), architecture, config, new RandomWeights(std), null);
  }

  private static String architecture(Config config, Path folder) {
    List<String> named = config.texts("architectures");
    if (named.isEmpty()) {
      throw new HoneException(
          folder + ": config.json has no 'architectures', so the model's head is not known");
    }
    return named.getFirst();
  }
}
