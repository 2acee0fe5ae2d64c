package dev.hone.train.preference;

import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.model.head.LmHead;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.LabelLogs;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tape;
import dev.hone.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/** The head's side by itself, in chunks, so that the logits of a whole batch never exist. */
record Head(Model model, Pass pass) {
  /** Logits that exist at the same time: 64 MiB in F32. */
  private static final long CHUNK = 1 << 24;

  private record Chunk(int from, Tensor states, Tensor tokens) {
    int to() {
      return from + (int) tokens.size(0);
    }
  }

  /** Log-probabilities of the tokens, N of them. */
  double[] logs(Tensor states, Tensor tokens) {
    double[] logs = new double[(int) tokens.size(0)];
    for (Chunk chunk : chunks(states, tokens)) {
      try (Scope scope = Scope.open();
          GradMode off = GradMode.off()) {
        double[] part = LabelLogs.of(logits(chunk.states()), chunk.tokens()).values();
        System.arraycopy(part, 0, logs, chunk.from(), part.length);
      }
    }
    return logs;
  }

  /**
   * Goes back through the head, down to the gradient of the states.
   *
   * @param states a leaf
   * @param weights from the log-probabilities of all tokens to the loss' derivatives by them
   */
  void backward(Tensor states, Tensor tokens, UnaryOperator<double[]> weights) {
    List<Chunk> chunks = chunks(states, tokens);
    // The weights look at all tokens: in one chunk its logits wait for them, otherwise they are
    // made twice.
    double[] known = chunks.size() == 1 ? null : weights.apply(logs(states, tokens));
    for (Chunk chunk : chunks) {
      try (Scope scope = Scope.open();
          Tape tape = Tape.open()) {
        Tensor logits = logits(chunk.states());
        LabelLogs logs = LabelLogs.of(logits, chunk.tokens());
        double[] mine =
            known == null
                ? weights.apply(logs.values())
                : Arrays.copyOfRange(known, chunk.from(), chunk.to());
        tape.backward(logits, logs.gradient(mine));
      }
    }
  }

  Tensor logits(Tensor states) {
    return head().logits(states, pass);
  }

  private LmHead head() {
    return (LmHead) model.head();
  }

  private List<Chunk> chunks(Tensor states, Tensor tokens) {
    long rows = tokens.size(0);
    long count = Math.max(1, Math.ceilDiv(rows * head().output().out(), CHUNK));
    List<Chunk> chunks = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      long from = rows * i / count;
      long length = rows * (i + 1) / count - from;
      if (length > 0) {
        chunks.add(
            new Chunk((int) from, states.narrow(0, from, length), tokens.narrow(0, from, length)));
      }
    }
    return chunks;
  }
}
