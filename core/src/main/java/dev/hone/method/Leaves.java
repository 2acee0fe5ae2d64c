package dev.hone.method;

import dev.hone.error.HoneException;
import dev.hone.tensor.DType;
import dev.hone.tensor.Engine;
import dev.hone.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The tensors of an adapter: made where it begins, or taken from its file, and kept from then on. A
 * method asks for them by name and shape in either case, so that attaching and loading are one.
 */
public final class Leaves {
  private final @Nullable Map<String, Tensor> file;
  private final String origin;
  private final String prefix;
  private final Map<String, Tensor> trainable;
  private final Map<String, Tensor> saved;
  private final Map<String, Tensor> state;
  private final List<Tensor> views;
  private final Map<String, List<Integer>> tokens;

  private Leaves(@Nullable Map<String, Tensor> file, String origin) {
    this.file = file;
    this.origin = origin;
    this.prefix = "";
    this.trainable = new LinkedHashMap<>();
    this.saved = new LinkedHashMap<>();
    this.state = new LinkedHashMap<>();
    this.views = new ArrayList<>();
    this.tokens = new LinkedHashMap<>();
  }

  private Leaves(Leaves whole, String prefix) {
    this.file = whole.file;
    this.origin = whole.origin;
    this.prefix = prefix;
    this.trainable = whole.trainable;
    this.saved = whole.saved;
    this.state = whole.state;
    this.views = whole.views;
    this.tokens = whole.tokens;
  }

  /** For an adapter that begins. */
  public static Leaves fresh() {
    @Nullable Map<String, Tensor> none = null;
    return new Leaves(none, "a new adapter");
  }

  /**
   * For an adapter from a file.
   *
   * @param tensors by name
   * @param origin the file, for messages
   */
  public static Leaves from(Map<String, Tensor> tensors, String origin) {
    return new Leaves(new LinkedHashMap<>(tensors), origin);
  }

  /** The same for an adapter that has rows of its own for some tokens, by the table's module. */
  Leaves with(Map<String, List<Integer>> tokensOfTables) {
    tokens.putAll(tokensOfTables);
    return this;
  }

  /** The tokens that the adapter has rows for in a table: of its file, or else the new ones. */
  List<Integer> tokens(String table, List<Integer> fresh) {
    return loaded() ? tokens.getOrDefault(table, List.of()) : fresh;
  }

  /** The same, with this before every name. */
  public Leaves under(String more) {
    return new Leaves(this, prefix + more);
  }

  /** Whether these come from a file. */
  public boolean loaded() {
    return file != null;
  }

  /** Whether the file holds a tensor of this name that nobody has taken yet. */
  public boolean has(String name) {
    return file != null && file.containsKey(prefix + name);
  }

  /**
   * A tensor that trains.
   *
   * @param start makes its first value
   * @return F32 of that shape
   */
  public Tensor trained(String name, Supplier<Tensor> start, long... shape) {
    Tensor tensor = value(name, start, shape).requiresGrad(true).keep();
    trainable.put(prefix + name, tensor);
    saved.put(prefix + name, tensor);
    return tensor;
  }

  /** A tensor that the file holds and that does not train. */
  public Tensor frozen(String name, Supplier<Tensor> start, long... shape) {
    Tensor tensor = value(name, start, shape).keep();
    saved.put(prefix + name, tensor);
    state.put(prefix + name, tensor);
    return tensor;
  }

  /** A tensor that no adapter file holds, only checkpoints. */
  public Tensor internal(String name, Supplier<Tensor> start) {
    Tensor tensor = start.get().copy().keep();
    state.put(prefix + name, tensor);
    return tensor;
  }

  /** Keeps a part of one of these tensors for as long as the adapter lives. */
  public Tensor view(Tensor part) {
    views.add(part.keep());
    return part;
  }

  /** Takes a tensor that the file may hold and that nothing uses. */
  public void skip(String name) {
    if (file != null) {
      file.remove(prefix + name);
    }
  }

  /** Takes a tensor that the file may hold and that is of no use: a copy of the base's. */
  public void skipEqual(String name, Tensor base) {
    if (file == null) {
      return;
    }
    Tensor copy = file.remove(prefix + name);
    if (copy != null && !copy.to(DType.F32).to(Engine.device()).contentEquals(base)) {
      throw new HoneException(
          origin
              + ": tensor '"
              + prefix
              + name
              + "' is not what the base model has; the adapter was made for another one");
    }
  }

  private Tensor value(String name, Supplier<Tensor> start, long... shape) {
    if (file == null) {
      Tensor made = start.get();
      if (!Arrays.equals(made.shape(), shape)) {
        throw new IllegalStateException(prefix + name + " begins as " + made.describe());
      }
      return made.to(DType.F32).contiguous().copy();
    }
    Tensor tensor = file.remove(prefix + name);
    if (tensor == null) {
      throw refused(name, "is missing; the adapter is damaged or was made for another base model");
    }
    if (!Arrays.equals(tensor.shape(), shape)) {
      throw refused(
          name,
          "has shape "
              + Arrays.toString(tensor.shape())
              + ", the base model needs "
              + Arrays.toString(shape));
    }
    if (!tensor.isFinite()) {
      throw refused(
          name, "holds NaN or infinity; the file is damaged or was saved by a failed run");
    }
    return tensor.to(DType.F32).to(Engine.device()).copy();
  }

  private HoneException refused(String name, String why) {
    return new HoneException(origin + ": tensor '" + prefix + name + "' " + why);
  }

  /** Refuses a file that still holds tensors. */
  public void requireEmpty(String architecture) {
    if (file != null && !file.isEmpty()) {
      throw new HoneException(
          origin
              + ": tensor '"
              + file.keySet().iterator().next()
              + "' has no place in "
              + architecture
              + " ("
              + file.size()
              + " such tensors); the adapter was made for another base model");
    }
  }

  /** The file, for messages. */
  public String origin() {
    return origin;
  }

  public Map<String, Tensor> trainable() {
    return Collections.unmodifiableMap(trainable);
  }

  public Map<String, Tensor> saved() {
    return Collections.unmodifiableMap(saved);
  }

  public Map<String, Tensor> state() {
    return Collections.unmodifiableMap(state);
  }

  public void close() {
    views.forEach(Tensor::close);
    saved.values().forEach(Tensor::close);
    state.forEach(
        (name, tensor) -> {
          if (!saved.containsKey(name)) {
            tensor.close();
          }
        });
  }
}
