package dev.hone.model.family;

import dev.hone.error.HoneException;
import dev.hone.error.Nearest;
import dev.hone.model.Backbone;
import dev.hone.model.EncoderDecoder;
import dev.hone.model.FolderWeights;
import dev.hone.model.Head;
import dev.hone.model.Model;
import dev.hone.model.NewTokens;
import dev.hone.model.Parts;
import dev.hone.model.RandomWeights;
import dev.hone.model.Recurrent;
import dev.hone.model.Stack;
import dev.hone.model.Storage;
import dev.hone.model.Weights;
import dev.hone.model.head.HeadKind;
import dev.hone.store.Config;
import dev.hone.store.ModelFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Makes models: finds the family that an architecture belongs to. */
public final class Families {
  private static final String CONFIG = "config.json";
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
            new Bart(),
            new AwdLstm())) {
      family.architectures().forEach(name -> KNOWN.put(name, family));
    }
  }

  private static final String WORDS = "vocab_size";

  private Families() {}

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
    return load(folder, storage, NewTokens.NONE);
  }

  /** The same with another configuration file of that folder. */
  public static Model load(Path folder, String configFile) {
    return load(folder, configFile, Storage.FLOAT32, NewTokens.NONE);
  }

  /** The same with rows for tokens that the files know nothing of. */
  public static Model load(Path folder, NewTokens newTokens) {
    return load(folder, Storage.FLOAT32, newTokens);
  }

  /** The same with its matrices kept in this form. */
  public static Model load(Path folder, Storage storage, NewTokens newTokens) {
    return load(folder, CONFIG, storage, newTokens);
  }

  private static Model load(Path folder, String configFile, Storage storage, NewTokens newTokens) {
    ModelFolder files = files(folder, configFile);
    try {
      return opened(files, files.config(), false, storage, newTokens);
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
    return classifier(folder, labels, Storage.FLOAT32, NewTokens.NONE);
  }

  /** The same in this form, and with rows for tokens that the files know nothing of. */
  public static Model classifier(
      Path folder, List<String> labels, Storage storage, NewTokens newTokens) {
    return headed(folder, HeadKind.SINGLE_LABEL, labels, storage, newTokens);
  }

  /**
   * Opens a folder with a head of this kind. It is the checkpoint's own where it has one of that
   * kind with as many outputs, otherwise a new one.
   *
   * @param labels names of the outputs in their order, where they have some
   */
  public static Model headed(
      Path folder, HeadKind kind, List<String> labels, Storage storage, NewTokens newTokens) {
    ModelFolder files = files(folder, CONFIG);
    try {
      Config config = Headed.of(files, kind, labels, KNOWN.keySet());
      return opened(files, config, true, storage, newTokens);
    } catch (RuntimeException e) {
      files.close();
      throw e;
    }
  }

  /**
   * What a folder loads as, without its numbers: only the headers of the weights are read, so that
   * a model of any size is there at once. Every tensor is checked as in {@link #load(Path)}, but
   * reads as zeros. A backbone without a head is shown with the classification head that it would
   * get.
   */
  public static Model outline(Path folder) {
    ModelFolder files = files(folder, CONFIG);
    try {
      Config config = files.config();
      List<String> named = config.texts("architectures");
      String architecture =
          !named.isEmpty() && KNOWN.containsKey(named.getFirst())
              ? named.getFirst()
              : Headed.architecture(files, HeadKind.SINGLE_LABEL, KNOWN.keySet());
      Family family = family(architecture, folder);
      return built(
          family,
          architecture,
          config,
          FolderWeights.outline(files, family.prefix(), architecture, names(family, files)),
          files);
    } catch (RuntimeException e) {
      files.close();
      throw e;
    }
  }

  /** Opens a folder; that a family is not known is told before its weights are missed. */
  private static ModelFolder files(Path folder, String configFile) {
    ModelFolder.requireFolder(folder);
    Path file = folder.resolve(configFile);
    List<String> named = Files.exists(file) ? Config.read(file).texts("architectures") : List.of();
    if (!named.isEmpty()
        && KNOWN.keySet().stream().noneMatch(n -> n.startsWith(Headed.stem(named)))) {
      throw unknown(named.getFirst(), folder);
    }
    return ModelFolder.open(folder, configFile);
  }

  /** The family that answers to an architecture, by name; empty where none does. */
  public static Optional<String> familyOf(String architecture) {
    return Optional.ofNullable(KNOWN.get(architecture)).map(f -> f.getClass().getSimpleName());
  }

  private static Model opened(
      ModelFolder files, Config config, boolean renewing, Storage storage, NewTokens newTokens) {
    String architecture = architecture(config, files.path());
    Family family = family(architecture, files.path());
    FolderWeights weights =
        new FolderWeights(
            files, family.prefix(), architecture, names(family, files), renewing, storage);
    if (newTokens.isEmpty()) {
      return built(family, architecture, config, weights, files);
    }
    Weights outline =
        FolderWeights.outline(files, family.prefix(), architecture, names(family, files));
    Model known = built(family, architecture, config, outline, null);
    try {
      ObjectNode json = config.json().deepCopy();
      json.put(WORDS, newTokens.rows(config.intValue(WORDS)));
      Config wider = Config.of(config.file(), json);
      return built(family, architecture, wider, weights.with(newTokens, known), files);
    } finally {
      known.close();
    }
  }

  private static UnaryOperator<String> names(Family family, ModelFolder files) {
    return family.names(files.tensors().keySet());
  }

  /** Each family has a name of its own for their number. */
  private static void requireLayers(Config config, Backbone backbone) {
    boolean all =
        switch (backbone) {
          case EncoderDecoder both -> layered(both.encoder()) && layered(both.decoder());
          case Stack stack -> layered(stack);
          case Recurrent recurrent -> !recurrent.layers().isEmpty();
        };
    if (!all) {
      throw new HoneException(
          config.file()
              + ": a model without layers; expected num_hidden_layers (or n_layer, n_layers, num_layers,"
              + " encoder_layers, decoder_layers) to be 1 or more");
    }
  }

  private static boolean layered(Stack stack) {
    return !stack.blocks().isEmpty();
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
      requireLayers(config, backbone);
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
          weights.newTokens(),
          files);
    } catch (RuntimeException e) {
      parts.close();
      throw e;
    }
  }

  private static Family family(String architecture, Path folder) {
    Family family = KNOWN.get(architecture);
    if (family == null) {
      throw unknown(architecture, folder);
    }
    return family;
  }

  private static HoneException unknown(String architecture, Path folder) {
    return new HoneException(
        folder
            + ": architecture '"
            + architecture
            + "' is not supported"
            + Nearest.hint(architecture, KNOWN.keySet())
            + "; supported are "
            + Supported.list(KNOWN.keySet()));
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
