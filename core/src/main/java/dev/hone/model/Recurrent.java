package dev.hone.model;

import dev.hone.tensor.DType;
import dev.hone.tensor.Functional;
import dev.hone.tensor.Lstm;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tape;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * LSTM layers on top of each other, as in AWD-LSTM (arXiv:1708.02182). What the layers remember of
 * earlier positions is the cache of the pass; without one, every row begins with zeros.
 *
 * <p>Dropout is variational: a row has one mask over all positions of a pass.
 *
 * @param embeddingDropout of whole words of the table, in all rows
 * @param inputDropout of what the first layer is given
 * @param hiddenDropout of what each layer but the last gives
 * @param outputDropout of what the last layer gives
 * @param layers the last as wide as the table
 * @param window positions that gradients go back over; what is remembered goes on
 * @param pooled a head that pools looks at the windows of a row that begin among its last {@code
 *     pooled} positions; those before them have no gradient. 0 where every position counts
 */
public record Recurrent(
    Embedding tokens,
    double embeddingDropout,
    double inputDropout,
    double hiddenDropout,
    double outputDropout,
    List<LstmLayer> layers,
    int window,
    int pooled)
    implements Backbone {

  @Override
  public int hiddenSize() {
    return layers.getLast().width();
  }

  /** Any number. */
  @Override
  public int maxPositions() {
    return Integer.MAX_VALUE;
  }

  @Override
  public Tensor forward(Inputs inputs, Pass pass) {
    return forward(inputs, pass, UnaryOperator.identity());
  }

  /**
   * @param given sees what the last layer gives, before dropout
   */
  public Tensor forward(Inputs inputs, Pass pass, UnaryOperator<Tensor> given) {
    KeyValueCache cache = pass.cache();
    // Padding on the right has no say in what is before it; that on the left is moved there. With a
    // cache the mask is about the positions before, of which each row remembers only its own.
    Shift shift = cache == null && inputs.leftPadded() ? Shift.of(inputs) : null;
    requireReal(inputs, cache);
    Tensor ids = shift == null ? inputs.ids() : inputs.ids().gather(1, shift.there());
    Tensor x = variational(embedded(ids, pass), inputDropout, pass);
    long untracked = untracked(inputs);
    for (int i = 0; i < layers.size(); i++) {
      pass.traced(x);
      int number = i;
      Tensor below = Tape.boundary(x);
      Lstm.State begin = cache == null ? null : held(cache.state(number));
      x = Scope.only(() -> layer(number, below, begin, untracked, pass));
      boolean last = i == layers.size() - 1;
      x = last ? given.apply(x) : x;
      x = variational(x, last ? outputDropout : hiddenDropout, pass);
    }
    if (cache != null) {
      cache.advance(inputs.width());
    }
    if (shift != null) {
      x = x.gather(1, shift.back().unsqueeze(2).expand(x.shape()));
    }
    pass.traced(x);
    return x;
  }

  private Tensor layer(
      int number, Tensor x, Lstm.@Nullable State begin, long untracked, Pass pass) {
    LstmLayer layer = layers.get(number);
    KeyValueCache cache = pass.cache();
    Consumer<Lstm.State> left =
        cache == null ? state -> {} : state -> cache.remember(number, state);
    return pass.layer(number, x, in -> layer.forward(in, begin, window, untracked, pass, left));
  }

  /** What has been read cannot be hidden afterwards, as it can from attention. */
  private static void requireReal(Inputs inputs, @Nullable KeyValueCache cache) {
    Tensor mask = inputs.mask();
    if (cache == null || mask == null) {
      return;
    }
    Tensor here = mask.narrow(1, mask.size(1) - inputs.width(), inputs.width());
    if (here.sum().item() < inputs.rows() * inputs.width()) {
      throw new IllegalArgumentException("padding would be remembered");
    }
  }

  /** A copy, as the cache forgets its own when the layer has run, which may run twice. */
  private static Lstm.@Nullable State held(Lstm.@Nullable State state) {
    return state == null ? null : new Lstm.State(state.hidden().copy(), state.cell().copy());
  }

  @Override
  public Tensor vectors(Tensor ids, Pass pass) {
    return tokens.forward(ids, pass);
  }

  private Tensor embedded(Tensor ids, Pass pass) {
    Tensor x = tokens.forward(ids, pass);
    if (pass.rate(embeddingDropout) == 0) {
      return x;
    }
    Tensor words = pass.dropout(Tensors.ones(tokens.weight().value().size(0), 1), embeddingDropout);
    return x.mul(Functional.embedding(words, ids));
  }

  private static Tensor variational(Tensor x, double rate, Pass pass) {
    return pass.rate(rate) == 0
        ? x
        : x.mul(pass.dropout(Tensors.ones(x.size(0), 1, x.size(2)), rate));
  }

  /** Positions at the beginning of every row that no head looks at. */
  private long untracked(Inputs inputs) {
    if (pooled == 0) {
      return 0;
    }
    long shortest = inputs.width();
    if (inputs.mask() != null) {
      for (long length : inputs.mask().sum(1).toLongs()) {
        shortest = Math.min(shortest, length);
      }
    }
    return firstPooled(shortest);
  }

  /** Where the first window begins that counts in a row of this length. */
  public long firstPooled(long length) {
    return pooled == 0 ? 0 : Math.max(0, Math.ceilDiv(length - pooled, window)) * (long) window;
  }

  /**
   * Rows with their real tokens first, and the way back.
   *
   * @param there I64[B, T], which column goes to each place
   * @param back I64[B, T]
   */
  private record Shift(Tensor there, Tensor back) {
    static Shift of(Inputs inputs) {
      int rows = Math.toIntExact(inputs.rows());
      int width = Math.toIntExact(inputs.width());
      long[] mask = inputs.mask() == null ? new long[0] : inputs.mask().to(DType.I64).toLongs();
      long[] there = new long[rows * width];
      long[] back = new long[rows * width];
      for (int row = 0; row < rows; row++) {
        int at = row * width;
        int next = 0;
        for (long wanted = 1; wanted >= 0; wanted--) {
          for (int t = 0; t < width; t++) {
            if (mask[at + t] == wanted) {
              back[at + t] = next;
              there[at + next++] = t;
            }
          }
        }
      }
      return new Shift(Tensors.of(there, rows, width), Tensors.of(back, rows, width));
    }
  }
}
