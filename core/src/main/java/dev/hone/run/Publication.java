package dev.hone.run;

import dev.hone.config.Place;
import dev.hone.error.HoneException;
import dev.hone.store.hub.Hub;
import dev.hone.store.hub.Payload;
import dev.hone.store.hub.Repo;
import dev.hone.store.hub.Transfer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Sends what a run has made to the Hub, with a card. Only files that a model consists of are sent,
 * and none that names a folder of this machine.
 */
public final class Publication {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
  private static final String CARD = "README.md";
  private static final String ADAPTER = "adapter_config.json";
  private static final List<String> NAMES =
      List.of("base_model_name_or_path", "_name_or_path", "name_or_path", "model_name");

  private Publication() {}

  /**
   * @param folder a run's, an adapter's or a model's
   * @param hidden whether a new repository is private
   * @param license for the card; null takes the base's, where it is known
   * @return address of the commit
   */
  public static String send(
      Path folder, Repo repo, boolean hidden, @Nullable String license, Transfer listener) {
    Path weights = weights(folder);
    try (Hub hub = Hub.open()) {
      List<Payload> files = new ArrayList<>();
      for (Path file : files(weights)) {
        files.add(payload(file));
      }
      boolean carded =
          files.stream().anyMatch(f -> f.name().equals(CARD)) || hub.files(repo).contains(CARD);
      if (!carded) {
        ModelCard card = ModelCard.of(folder, weights, repo);
        String granted = license != null ? license : card.baseLicense(hub);
        files.add(Payload.of(CARD, requireNoFolder(CARD, card.text(granted))));
      }
      return hub.push(repo, hidden, files, "Trained with Hone", listener);
    }
  }

  private static Path weights(Path folder) {
    for (Path candidate : List.of(folder.resolve("adapter"), folder.resolve("model"), folder)) {
      boolean adapter =
          Files.exists(candidate.resolve(ADAPTER))
              && (Files.exists(candidate.resolve("adapter_model.safetensors"))
                  || Files.exists(candidate.resolve("adapter.safetensors")));
      boolean model =
          Files.exists(candidate.resolve("config.json"))
              && (Files.exists(candidate.resolve("model.safetensors"))
                  || Files.exists(candidate.resolve("model.safetensors.index.json")));
      if (adapter || model) {
        return candidate;
      }
    }
    throw new HoneException(
        folder + " has nothing to send: expected a finished run, an adapter or a model");
  }

  private static List<Path> files(Path weights) {
    try (Stream<Path> all = Files.list(weights)) {
      return all.filter(Files::isRegularFile)
          .filter(f -> Hub.isModelFile(f.getFileName().toString()))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new HoneException("cannot list " + weights + ": " + e.getMessage(), e);
    }
  }

  private static Payload payload(Path file) {
    String name = file.getFileName().toString();
    boolean words = name.equals("tokenizer.json") || name.startsWith("vocab.");
    if (words || !(name.endsWith(".json") || name.endsWith(".md"))) {
      return Payload.of(name, file);
    }
    try {
      String text = Files.readString(file);
      return Payload.of(
          name, requireNoFolder(file.toString(), name.endsWith(".json") ? portable(text) : text));
    } catch (IOException | JacksonException e) {
      throw new HoneException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  /** A configuration whose names of models mean something on other machines. */
  static String portable(String text) {
    JsonNode node = JSON.readTree(text);
    boolean changed = false;
    if (node instanceof ObjectNode object) {
      for (String key : NAMES) {
        String name = object.path(key).asString("");
        if (!name.isEmpty() && !Place.isRepository(name, Path.of(""))) {
          object.put(key, publicName(name));
          changed = true;
        }
      }
    }
    return changed ? JSON.writeValueAsString(node) : text;
  }

  /** The Hub's name where the folder lies in its cache, otherwise the folder's last part. */
  static String publicName(String folder) {
    return Repo.ofSnapshot(Path.of(folder))
        .map(Repo::id)
        .orElseGet(() -> Place.of(Path.of(folder)).shortName());
  }

  private static String requireNoFolder(String what, String text) {
    String home = System.getProperty("user.home");
    String here = Path.of("").toAbsolutePath().toString();
    for (String folder : List.of(home, here)) {
      if (folder.length() > 1 && text.contains(folder + "/")) {
        throw new HoneException(
            what
                + " names a folder of this machine ("
                + folder
                + "); take it out, then push again");
      }
    }
    return text;
  }
}
