package dev.hone.tensor;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * Attention for some queries at a time (arXiv:2112.05682), so that what is as large as queries
 * times keys exists for one block only. On the {@link Tape} the way back works each block out
 * again.
 */
public final class QueryBlocks {
  /** Queries of a block. */
  public static final int SIZE = 512;

  /** What some queries make of all keys and values. */
  public interface Block {
    /**
     * Numbers that it draws must come from a seed that it sets itself.
     *
     * @param q [B, H, t, D], the queries from number {@code from} on
     * @return [B, H, t, D]
     */
    Tensor of(Tensor q, Tensor k, Tensor v, long from);
  }

  private QueryBlocks() {}

  /** What all queries [B, H, T, D] make of the keys and values. */
  public static Tensor attention(Tensor q, Tensor k, Tensor v, Block block) {
    List<Tensor> inputs = Stream.of(q, k, v).filter(Tensor::requiresGrad).toList();
    if (!Tape.recording() || inputs.isEmpty()) {
      return forward(q, k, v, block);
    }
    Tensor result;
    try (GradMode off = GradMode.off()) {
      result = forward(q, k, v, block);
    }
    return Tape.cut(
        inputs, List.of(q, k, v), result, gradient -> backward(q, k, v, block, gradient));
  }

  private static Tensor forward(Tensor q, Tensor k, Tensor v, Block block) {
    List<Tensor> parts = new ArrayList<>();
    for (long from : begins(q)) {
      parts.addFirst(Scope.only(() -> block.of(part(q, from), k, v, from)));
    }
    return Tensors.cat(parts, 2);
  }

  /**
   * The last block first: of a causal row it sees the most keys, and the memory that it leaves is
   * large enough for all others.
   */
  private static long[] begins(Tensor q) {
    int count = Math.toIntExact(Math.ceilDiv(q.size(2), SIZE));
    return LongStream.range(0, count).map(i -> (count - 1 - i) * SIZE).toArray();
  }

  private static Tensor part(Tensor x, long from) {
    return x.narrow(2, from, Math.min(SIZE, x.size(2) - from));
  }

  /** The gradients of those of q, k and v that take one. */
  private static List<Tensor> backward(Tensor q, Tensor k, Tensor v, Block block, Tensor gradient) {
    // Gradients of many blocks add up in F32.
    Tensor keys = k.detach().wide().requiresGrad(k.requiresGrad());
    Tensor values = v.detach().wide().requiresGrad(v.requiresGrad());
    List<Tensor> queries = new ArrayList<>();
    for (long from : begins(q)) {
      Tensor some = part(q, from).detach().requiresGrad(q.requiresGrad());
      queries.addFirst(some);
      try (Scope scope = Scope.open();
          GradMode on = GradMode.on();
          Tape inner = Tape.open()) {
        inner.backward(block.of(some, keys, values, from), part(gradient, from));
      }
    }
    List<Tensor> gradients = new ArrayList<>();
    if (q.requiresGrad()) {
      gradients.add(Tensors.cat(queries.stream().map(QueryBlocks::grad).toList(), 2));
    }
    Stream.of(keys, values)
        .filter(Tensor::requiresGrad)
        .map(QueryBlocks::grad)
        .forEach(gradients::add);
    return gradients;
  }

  private static Tensor grad(Tensor leaf) {
    return Objects.requireNonNull(leaf.grad());
  }
}
