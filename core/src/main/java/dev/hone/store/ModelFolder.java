package dev.hone.store;

import dev.hone.error.HoneException;
import dev.hone.error.Nearest;
import dev.hone.tensor.DType;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * A model as Hugging Face stores it: config.json and its weights in safetensors, in one file or in
 * shards with an index.
 *
 * <p>Pickled weights are refused, because reading them runs the code that they hold; but one {@code
 * .pth} file, as fastai's learners leave it, is read as tensors and nothing else, see {@link
 * TorchFile}.
 */
public final class ModelFolder implements AutoCloseable {
  private static final String WEIGHTS = "model.safetensors";
  private static final String INDEX = "model.safetensors.index.json";
  private static final String TORCH = ".pth";
  private static final List<String> PICKLES = List.of(".bin", ".pt", ".pth", ".ckpt", ".pkl");

  private final Path path;
  private final Config config;
  private final List<Safetensors> files = new ArrayList<>();
  private final Map<String, TensorEntry> tensors = new LinkedHashMap<>();
  private final List<String> surplus = new ArrayList<>();
  private final List<Safetensors> companions = new ArrayList<>();
  private final Arena copied = Arena.ofShared(); // what is not mapped
  private @Nullable String fingerprint;

  private ModelFolder(Path path, Config config) {
    this.path = path;
    this.config = config;
  }

  /**
   * Opens a folder and maps its weights; nothing is copied.
   *
   * @throws HoneException where something is missing, broken, or in a form that is refused
   */
  public static ModelFolder open(Path path) {
    return open(path, "config.json");
  }

  /** Refuses a path where no folder is. */
  public static void requireFolder(Path path) {
    if (!Files.isDirectory(path)) {
      throw new HoneException(
          path + " is not a folder: expected a model folder with config.json and " + WEIGHTS);
    }
  }

  /** The same with another configuration file of that folder. */
  public static ModelFolder open(Path path, String configFile) {
    requireFolder(path);
    ModelFolder folder = new ModelFolder(path, Config.read(path.resolve(configFile)));
    try {
      if (Files.isRegularFile(path.resolve(WEIGHTS))) {
        folder.addAll(path.resolve(WEIGHTS));
      } else if (Files.isRegularFile(path.resolve(INDEX))) {
        folder.addShards(path.resolve(INDEX));
      } else {
        folder.addTorchFile();
      }
    } catch (RuntimeException e) {
      folder.close();
      throw e;
    }
    return folder;
  }

  public Path path() {
    return path;
  }

  public Config config() {
    return config;
  }

  /** All tensors by name, over all shards. Valid until the folder is closed. */
  public Map<String, TensorEntry> tensors() {
    return Collections.unmodifiableMap(tensors);
  }

  /** Throws a HoneException where the weights have no such tensor. */
  public TensorEntry tensor(String name) {
    TensorEntry tensor = tensors.get(name);
    if (tensor == null) {
      throw new HoneException(
          path
              + ": the weights have no tensor '"
              + name
              + "'"
              + Nearest.hint(name, tensors.keySet()));
    }
    return tensor;
  }

  /**
   * A floating tensor's numbers as F32, in the open scope and on the CPU. Those of an F32 file are
   * the file's own memory, which nothing may write to.
   */
  public Tensor numbers(String name) {
    TensorEntry entry = tensor(name);
    return entry.dtype().isF8()
        ? Float8.numbers(this, entry)
        : Tensors.over(entry.data(), entry.dtype(), entry.shape()).to(DType.F32);
  }

  /** Names of the tensors that are but the scales of others. */
  public Set<String> scales() {
    return tensors.values().stream()
        .filter(entry -> entry.dtype().isF8())
        .flatMap(entry -> Float8.scales(entry.name(), tensors).stream())
        .collect(Collectors.toSet());
  }

  /** See {@link Fingerprint}; worked out once. */
  public String fingerprint() {
    String known = fingerprint;
    if (known == null) {
      known = Fingerprint.of(this);
      fingerprint = known;
    }
    return known;
  }

  /** Closes another file when this folder is closed. */
  public void closeToo(Safetensors file) {
    companions.add(file);
  }

  /** How many files hold the weights. */
  public int fileCount() {
    return Math.max(1, files.size());
  }

  /**
   * Tensors that lie in a shard without standing in the index; {@link #tensors} has not got them.
   */
  public List<String> surplus() {
    return List.copyOf(surplus);
  }

  /**
   * Gives the memory back that the mapped files take; what is looked at again is read again. A hint
   * only: some systems ignore it.
   */
  public void unload() {
    tensors.values().stream()
        .map(TensorEntry::data)
        .filter(MemorySegment::isMapped)
        .forEach(MemorySegment::unload);
  }

  @Override
  public void close() {
    files.forEach(Safetensors::close);
    companions.forEach(Safetensors::close);
    if (copied.scope().isAlive()) {
      copied.close();
    }
  }

  private void addAll(Path file) {
    Safetensors weights = Safetensors.open(file);
    files.add(weights);
    weights.names().forEach(name -> tensors.put(name, weights.get(name)));
  }

  private void addShards(Path index) {
    Map<String, Safetensors> shards = new TreeMap<>();
    JsonNode weightMap = Json.object(index).path("weight_map");
    if (!weightMap.isObject() || weightMap.isEmpty()) {
      throw new HoneException(index + ": key 'weight_map' is missing, no object or empty");
    }
    for (Map.Entry<String, JsonNode> entry : weightMap.properties()) {
      String name = entry.getKey();
      String shard = shardName(index, name, entry.getValue());
      Safetensors weights = shards.get(shard);
      if (weights == null) {
        weights = openShard(index, shard);
        files.add(weights);
        shards.put(shard, weights);
      }
      if (!weights.contains(name)) {
        throw new HoneException(
            index
                + ": tensor '"
                + name
                + "' is not in "
                + shard
                + ", where the index puts it; download the index and the shards together");
      }
      tensors.put(name, weights.get(name));
    }
    shards.forEach(
        (shard, weights) -> {
          for (String name : weights.names()) {
            if (!shard.equals(weightMap.path(name).asString(""))) {
              surplus.add(shard + ": " + name);
            }
          }
        });
  }

  /** A shard's name is one plain file name: nothing leads out of the folder. */
  private static String shardName(Path index, String tensor, JsonNode node) {
    String name = node.asString("");
    if (!node.isString()
        || !name.endsWith(".safetensors")
        || name.chars().anyMatch(c -> c == '/' || c == '\\' || c == ':' || c < ' ')) {
      throw new HoneException(
          index
              + ": tensor '"
              + tensor
              + "' is put into "
              + node
              + ", expected the name of a .safetensors file in the same folder");
    }
    return name;
  }

  private static Safetensors openShard(Path index, String shard) {
    Path file = index.resolveSibling(shard);
    if (!Files.isRegularFile(file)) {
      throw new HoneException(file + " is missing, but " + index + " names it; download it");
    }
    return Safetensors.open(file);
  }

  private void addTorchFile() {
    List<String> pickles = pickles();
    List<String> saved = pickles.stream().filter(name -> name.endsWith(TORCH)).toList();
    if (saved.size() != 1) {
      throw noWeights(pickles);
    }
    TorchFile.entries(path.resolve(saved.getFirst()), copied)
        .forEach(tensor -> tensors.put(tensor.name(), tensor));
  }

  private List<String> pickles() {
    try (Stream<Path> list = Files.list(path)) {
      return list.map(file -> file.getFileName().toString())
          .filter(n -> PICKLES.stream().anyMatch(n.toLowerCase(Locale.ROOT)::endsWith))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new HoneException("cannot read " + path + ": " + e.getMessage(), e);
    }
  }

  private HoneException noWeights(List<String> pickles) {
    if (pickles.isEmpty()) {
      return new HoneException(
          path
              + " has no weights: expected "
              + WEIGHTS
              + " or "
              + INDEX
              + "; download one of them");
    }
    return new HoneException(
        path
            + " has its weights only as pickle ("
            + String.join(", ", pickles)
            + "), which can run code and is refused; take the repository's safetensors revision, or"
            + " convert them where you trust them: safetensors.torch.save_file(torch.load(...,"
            + " weights_only=True), 'model.safetensors'); a single .pth file is read as tensors and"
            + " nothing else");
  }
}
