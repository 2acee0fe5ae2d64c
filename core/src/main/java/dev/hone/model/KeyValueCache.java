package dev.hone.model;

import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;

/**
 * Keys and values of the positions that a decoder has seen, so that each new token costs one
 * column. Owns its tensors until closed.
 */
public final class KeyValueCache implements AutoCloseable {
  private final int capacity;
  private final List<Tensor> keys = new ArrayList<>();
  private final List<Tensor> values = new ArrayList<>();
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
      keys.add(room(key).keep());
      values.add(room(value).keep());
    }
    keys.get(layer).narrow(2, length, added).copyFrom(key);
    values.get(layer).narrow(2, length, added).copyFrom(value);
    return new Tensor[] {
      keys.get(layer).narrow(2, 0, length + added), values.get(layer).narrow(2, 0, length + added)
    };
  }

  private Tensor room(Tensor like) {
    return Tensors.zeros(like.dtype(), like.size(0), like.size(1), capacity, like.size(3));
  }

  /** Called once after all layers have appended. */
  void advance(long added) {
    length += Math.toIntExact(added);
  }

  /** Forgets all positions from {@code newLength} on. */
  public void truncate(int newLength) {
    if (newLength < 0 || newLength > length) {
      throw new IllegalArgumentException("cannot truncate " + length + " to " + newLength);
    }
    length = newLength;
  }

  /** The same positions for {@code rows} rows, with room for {@code extra} more positions. */
  public KeyValueCache repeated(int rows, int extra) {
    KeyValueCache copy = new KeyValueCache(length + extra);
    for (int layer = 0; layer < keys.size(); layer++) {
      copy.keys.add(copy.repeat(keys.get(layer), rows, length).keep());
      copy.values.add(copy.repeat(values.get(layer), rows, length).keep());
    }
    copy.length = length;
    return copy;
  }

  private Tensor repeat(Tensor one, int rows, int filled) {
    Tensor many = Tensors.zeros(one.dtype(), rows, one.size(1), capacity, one.size(3));
    many.narrow(2, 0, filled)
        .copyFrom(one.narrow(2, 0, filled).expand(rows, one.size(1), filled, one.size(3)));
    return many;
  }

  @Override
  public void close() {
    keys.forEach(Tensor::close);
    values.forEach(Tensor::close);
  }
}
