package dev.hone.model;

import dev.hone.tensor.Lstm;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Keys and values of the positions that a decoder has seen, so that each new token costs one
 * column, and those of its encoder, where it has one; of a recurrent model, what its layers
 * remember. Owns its tensors until closed.
 *
 * <p>Rows of different lengths stand with their ends in the same column: what is before a row's
 * begin is for the mask to hide, and distances between columns are those between tokens.
 */
public final class KeyValueCache implements AutoCloseable {
  /** Columns that are made room for beyond those needed, up to the capacity. */
  private static final int AHEAD = 128;

  private final int capacity;
  private final List<Tensor> keys = new ArrayList<>();
  private final List<Tensor> values = new ArrayList<>();
  private final List<Tensor> crossKeys = new ArrayList<>();
  private final List<Tensor> crossValues = new ArrayList<>();
  private final List<Tensor> states = new ArrayList<>(); // two a layer
  private @Nullable Memory memory;
  private int length;

  /**
   * @param capacity positions that the cache can hold
   */
  public KeyValueCache(int capacity) {
    this.capacity = capacity;
  }

  /** Positions held. */
  public int length() {
    return length;
  }

  /** Most positions that can be held. */
  public int capacity() {
    return capacity;
  }

  /**
   * Appends the new columns of one layer and returns all keys and values of that layer so far.
   *
   * @param key [B, H, T, D]
   * @param value [B, H, T, D]
   * @return [B, H, S, D] each
   */
  Tensor[] append(int layer, Tensor key, Tensor value) {
    long added = key.size(2);
    if (length + added > capacity) {
      throw new IllegalArgumentException(
          "the cache holds " + capacity + " positions, " + (length + added) + " are needed");
    }
    if (layer == keys.size()) {
      keys.add(room(key, key.size(0), length + added).keep());
      values.add(room(value, value.size(0), length + added).keep());
    }
    return new Tensor[] {appended(keys, layer, key), appended(values, layer, value)};
  }

  private Tensor appended(List<Tensor> all, int layer, Tensor added) {
    long end = length + added.size(2);
    Tensor held = all.get(layer);
    if (held.size(2) < end) { // twice as much each time, so that a token costs no copy of the rest
      Tensor larger = room(held, held.size(0), 2 * end).keep();
      larger.narrow(2, 0, length).copyFrom(held.narrow(2, 0, length));
      held.close();
      all.set(layer, larger);
      held = larger;
    }
    held.narrow(2, length, added.size(2)).copyFrom(added);
    return held.narrow(2, 0, end);
  }

  private Tensor room(Tensor like, long rows, long columns) {
    long width = Math.min(capacity, columns + AHEAD);
    return Tensors.zeros(like.dtype(), rows, like.size(1), width, like.size(3));
  }

  /** Puts a prefix into an empty cache. */
  void fill(VirtualTokens.KeysAndValues prefix, long rows) {
    for (int layer = 0; layer < prefix.layers(); layer++) {
      append(layer, prefix.keys(layer, rows), prefix.values(layer, rows));
    }
    advance(prefix.all().size(0));
  }

  /**
   * What the layers of a stack have left here of one row, as a prefix has it.
   *
   * @param count positions
   * @return [count, 2L, H, D]
   */
  public Tensor prefix(int count) {
    List<Tensor> both = new ArrayList<>();
    for (int layer = 0; layer < keys.size(); layer++) {
      both.add(keys.get(layer).select(0, 0).narrow(1, 0, count));
      both.add(values.get(layer).select(0, 0).narrow(1, 0, count));
    }
    return Tensors.stack(both, 0).transpose(1, 2).transpose(0, 1).contiguous();
  }

  /** How many layers have left something here. */
  public int layers() {
    return keys.size();
  }

  /** Called once after all layers have appended. */
  void advance(long added) {
    length += Math.toIntExact(added);
  }

  /** What a recurrent layer remembers; null before the first position. */
  Lstm.@Nullable State state(int layer) {
    return states.size() <= 2 * layer
        ? null
        : new Lstm.State(states.get(2 * layer), states.get(2 * layer + 1));
  }

  /** Keeps what a recurrent layer remembers from now on, without a history. */
  void remember(int layer, Lstm.State state) {
    Lstm.State kept = state.detached();
    put(2 * layer, kept.hidden());
    put(2 * layer + 1, kept.cell());
  }

  private void put(int at, Tensor state) {
    state.keep();
    if (at < states.size()) {
      states.set(at, state).close();
    } else {
      states.add(state);
    }
  }

  /** Hidden state and cell [B, H] of each recurrent layer; the cache's own. */
  public List<Tensor> states() {
    return List.copyOf(states);
  }

  /** A cache of recurrent layers alone that goes on from copies of such states. */
  public static KeyValueCache resumed(List<Tensor> from) {
    KeyValueCache cache = new KeyValueCache(0);
    from.forEach(state -> cache.states.add(state.copy().keep()));
    return cache;
  }

  /** Keeps what the encoder has left, for as long as this cache. */
  void remember(Memory left) {
    Tensor mask = left.mask();
    memory = new Memory(left.hidden().keep(), mask == null ? null : mask.keep());
  }

  /** What the encoder has left, or null. */
  @Nullable Memory memory() {
    return memory;
  }

  /** The encoder's keys and values for one layer [B, H, S, D], made when first asked for. */
  Tensor[] crossed(int layer, Supplier<Tensor[]> make) {
    if (layer == crossKeys.size()) {
      Tensor[] made = make.get();
      crossKeys.add(made[0].keep());
      crossValues.add(made[1].keep());
    }
    return new Tensor[] {crossKeys.get(layer), crossValues.get(layer)};
  }

  /** Forgets all positions from {@code newLength} on. */
  public void truncate(int newLength) {
    if (newLength < 0 || newLength > length) {
      throw new IllegalArgumentException("cannot truncate " + length + " to " + newLength);
    }
    if (!states.isEmpty() && newLength < length) {
      throw new IllegalStateException("a recurrent state cannot forget");
    }
    length = newLength;
  }

  /** The same positions for {@code rows} rows, with room for {@code extra} more positions. */
  public KeyValueCache repeated(int rows, int extra) {
    return selected(new long[rows], length + extra);
  }

  /** A cache whose rows are these rows of this one. */
  public KeyValueCache selected(long[] rows, int newCapacity) {
    KeyValueCache copy = new KeyValueCache(newCapacity);
    copy.length = length;
    try (Scope scope = Scope.open()) {
      Tensor index = Tensors.of(rows, rows.length);
      for (int layer = 0; layer < keys.size(); layer++) {
        copy.keys.add(copy.taken(keys.get(layer), index));
        copy.values.add(copy.taken(values.get(layer), index));
      }
      for (int layer = 0; layer < crossKeys.size(); layer++) {
        copy.crossKeys.add(crossKeys.get(layer).indexSelect(0, index).keep());
        copy.crossValues.add(crossValues.get(layer).indexSelect(0, index).keep());
      }
      states.forEach(state -> copy.states.add(state.indexSelect(0, index).keep()));
      if (memory != null) {
        Tensor mask = memory.mask();
        copy.remember(
            new Memory(
                memory.hidden().indexSelect(0, index),
                mask == null ? null : mask.indexSelect(0, index)));
      }
    }
    return copy;
  }

  private Tensor taken(Tensor held, Tensor index) {
    Tensor made = room(held, index.size(0), length).keep();
    made.narrow(2, 0, length).copyFrom(held.narrow(2, 0, length).indexSelect(0, index));
    return made;
  }

  /**
   * Each row goes on from the positions of another. The encoder's part stays where it is, so rows
   * must be exchanged among those that have read the same.
   */
  public void reorder(long[] rows) {
    try (Scope scope = Scope.open()) {
      Tensor index = Tensors.of(rows, rows.length);
      for (List<Tensor> all : List.of(keys, values)) {
        for (Tensor held : all) {
          Tensor filled = held.narrow(2, 0, length);
          filled.copyFrom(filled.indexSelect(0, index));
        }
      }
      states.forEach(state -> state.copyFrom(state.indexSelect(0, index)));
    }
  }

  /** The rows of all parts below each other, their ends in the same column. */
  public static KeyValueCache joined(List<KeyValueCache> parts, int capacity) {
    KeyValueCache whole = new KeyValueCache(capacity);
    whole.length = parts.stream().mapToInt(KeyValueCache::length).max().orElse(0);
    try (Scope scope = Scope.open()) {
      for (int layer = 0; layer < parts.getFirst().keys.size(); layer++) {
        int at = layer;
        whole.keys.add(whole.below(parts, part -> part.keys.get(at)));
        whole.values.add(whole.below(parts, part -> part.values.get(at)));
      }
      for (int i = 0; i < parts.getFirst().states.size(); i++) {
        int at = i;
        List<Tensor> rows = parts.stream().map(part -> part.states.get(at)).toList();
        whole.states.add(Tensors.cat(rows, 0).keep());
      }
    }
    return whole;
  }

  private Tensor below(
      List<KeyValueCache> parts, java.util.function.Function<KeyValueCache, Tensor> held) {
    long rows = parts.stream().mapToLong(part -> held.apply(part).size(0)).sum();
    Tensor all = room(held.apply(parts.getFirst()), rows, length).keep();
    long row = 0;
    for (KeyValueCache part : parts) {
      Tensor from = held.apply(part);
      all.narrow(0, row, from.size(0))
          .narrow(2, length - part.length, part.length)
          .copyFrom(from.narrow(2, 0, part.length));
      row += from.size(0);
    }
    return all;
  }

  @Override
  public void close() {
    for (List<Tensor> all : List.of(keys, values, crossKeys, crossValues, states)) {
      all.forEach(Tensor::close);
    }
    if (memory != null) {
      memory.hidden().close();
      if (memory.mask() != null) {
        memory.mask().close();
      }
    }
  }
}
