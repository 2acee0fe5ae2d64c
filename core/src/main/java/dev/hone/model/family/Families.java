package dev.hone.model.family;

import dev.hone.error.HoneException;
import dev.hone.model.Backbone;
import dev.hone.model.FolderWeights;
import dev.hone.model.Head;
import dev.hone.model.Model;
import dev.hone.model.Parts;
import dev.hone.model.RandomWeights;
import dev.hone.store.Config;
import dev.hone.store.ModelFolder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Makes models: finds the family that an architecture belongs to. */
public final class Families {
  private static final Map<String, Family> KNOWN = new LinkedHashMap<>();

  static {
    for (Family family : List.of(new Llama(), new Gpt2(), new Bert())) {
      family.architectures().forEach(name -> KNOWN.put(name, family));
    }
  }

  private Families() {}

  /** Architectures that load. */
  public static List<String> architectures() {
    return List.copyOf(KNOWN.keySet());
  }

  /** Opens a Hugging Face folder as the architecture that its config.json names. */
  public static Model load(Path folder) {
    return load(folder, "config.json");
  }

  /** The same with another configuration file of that folder. */
  public static Model load(Path folder, String configFile) {
    ModelFolder files = ModelFolder.open(folder, configFile);
    try {
      Config config = files.config();
      String architecture = architecture(config, folder);
      Family family = KNOWN.get(architecture);
      if (family == null) {
        throw new HoneException(
            folder
                + ": architecture '"
                + architecture
                + "' is not supported; supported are "
                + String.join(", ", KNOWN.keySet()));
      }
      FolderWeights weights = new FolderWeights(files, family.prefix());
      Parts parts = new Parts(weights);
      Backbone backbone = family.backbone(config, parts);
      Head head = family.head(architecture, config, backbone, parts);
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
      files.close();
      throw e;
    }
  }

  /** A model of this configuration from the engine's seeded random numbers. */
  public static Model random(Config config) {
    String architecture = architecture(config, Path.of("config.json"));
    Family family = KNOWN.get(architecture);
    if (family == null) {
      throw new HoneException("architecture '" + architecture + "' is not supported");
    }
    Parts parts =
        new Parts(new RandomWeights(config.optionalDouble("initializer_range").orElse(0.02)));
    Backbone backbone = family.backbone(config, parts);
    Head head = family.head(architecture, config, backbone, parts);
    return new Model(
        architecture,
        config,
        backbone,
        head,
        parts.parameters(),
        parts.linears(),
        Map.of(),
        List.of(),
        List.of(),
        null);
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
