package dev.hone.store.hub;

import dev.hone.error.HoneException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Which files of a model's repository are needed; none that can run code, no weights twice. */
final class ModelChoice {
  static final String INDEX = "model.safetensors.index.json";

  private static final String WEIGHTS = "model.safetensors";
  private static final String ADAPTER = "adapter_config.json";
  private static final String ADAPTER_WEIGHTS = "adapter_model.safetensors";

  /**
   * AdapterHub's forms of an adapter's tensors and of its head's, of which one is enough. Those of
   * torch are read as tensors and nothing else.
   */
  private static final List<List<String>> ADAPTER_HUB =
      List.of(
          List.of("adapter.safetensors", "pytorch_adapter.bin"),
          List.of("model_head.safetensors", "pytorch_model_head.bin"));

  private static final Set<String> SMALL =
      Set.of(
          "config.json",
          "generation_config.json",
          "tokenizer.json",
          "tokenizer_config.json",
          "special_tokens_map.json",
          "added_tokens.json",
          "vocab.json",
          "vocab.txt",
          "merges.txt",
          "tokenizer.model",
          "spiece.model",
          "sentencepiece.bpe.model",
          "chat_template.jinja",
          "chat_template.json",
          "head_config.json",
          "hone.json");
  private static final List<String> PICKLES = List.of(".bin", ".pt", ".pth", ".ckpt", ".pkl");

  private static final Pattern SHARD = Pattern.compile("model-\\d+-of-\\d+\\.safetensors");

  private ModelChoice() {}

  static boolean isPart(String name) {
    return SMALL.contains(name)
        || Set.of(WEIGHTS, INDEX, ADAPTER, ADAPTER_WEIGHTS, "README.md", "LICENSE").contains(name)
        || ADAPTER_HUB.stream().anyMatch(forms -> forms.contains(name))
        || SHARD.matcher(name).matches();
  }

  /**
   * All but the shards, which the index names.
   *
   * @throws HoneException where there are no weights that may be read
   */
  static List<String> needed(Repo repo, List<String> files) {
    List<String> needed = new ArrayList<>(files.stream().filter(SMALL::contains).sorted().toList());
    boolean adapterHubs =
        files.contains(ADAPTER) && ADAPTER_HUB.getFirst().stream().anyMatch(files::contains);
    if (files.contains(WEIGHTS)) {
      needed.add(WEIGHTS);
    } else if (files.contains(INDEX)) {
      needed.add(INDEX);
    } else if (!files.contains(ADAPTER_WEIGHTS) && !adapterHubs) {
      throw noWeights(repo, files);
    }
    if (adapterHubs) {
      needed.add(ADAPTER);
      ADAPTER_HUB.forEach(
          forms -> forms.stream().filter(files::contains).findFirst().ifPresent(needed::add));
    } else if (files.contains(ADAPTER) && files.contains(ADAPTER_WEIGHTS)) {
      needed.addAll(List.of(ADAPTER, ADAPTER_WEIGHTS));
    }
    return needed;
  }

  /** The shards that a fetched index names. */
  static List<String> shards(Repo repo, Path index) {
    JsonNode map;
    try {
      map = JsonMapper.shared().readTree(Files.readString(index)).path("weight_map");
    } catch (IOException | JacksonException e) {
      throw new HoneException(index + " cannot be read: " + e.getMessage(), e);
    }
    Set<String> names = new TreeSet<>();
    for (JsonNode shard : map) {
      String name = FileNames.checked(repo, shard.asString(""));
      if (!name.endsWith(".safetensors")) {
        throw new HoneException(index + " names " + name + ", expected .safetensors files only");
      }
      names.add(name);
    }
    return List.copyOf(names);
  }

  private static HoneException noWeights(Repo repo, List<String> files) {
    List<String> pickles =
        files.stream()
            .filter(f -> PICKLES.stream().anyMatch(f.toLowerCase(Locale.ROOT)::endsWith))
            .sorted()
            .toList();
    if (!pickles.isEmpty()) {
      return new HoneException(
          repo
              + " has its weights only as pickle ("
              + String.join(", ", pickles.subList(0, Math.min(3, pickles.size())))
              + "), which can run code and is refused; look for a revision or a copy with"
              + " safetensors (often @refs/pr/N, see the model's Community page)");
    }
    boolean gguf = files.stream().anyMatch(f -> f.endsWith(".gguf"));
    return new HoneException(
        repo
            + " has no weights in safetensors"
            + (gguf ? ", only GGUF; name the repository that it was made from" : "")
            + "; expected "
            + WEIGHTS
            + " or "
            + INDEX);
  }
}
