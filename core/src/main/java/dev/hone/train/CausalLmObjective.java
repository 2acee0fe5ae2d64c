package dev.hone.train;

import dev.hone.data.Batch;
import dev.hone.model.Inputs;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.model.head.LmHead;
import dev.hone.tensor.CrossEntropy;
import dev.hone.tensor.Functional;
import dev.hone.tensor.Profile;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tape;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Next-token prediction on the learned tokens.
 *
 * <p>Logits are made only where a label is, and only for some positions at a time: each chunk goes
 * back through the head at once, so that the logits of a whole batch never exist.
 */
public record CausalLmObjective(Reader reader) implements Objective {
  /** How a batch becomes hidden states [B, T, C]. */
  interface Reader {
    Tensor read(Model model, Pass pass, Batch batch);
  }

  /** Reads every row from its beginning to its end. */
  public CausalLmObjective() {
    this((model, pass, batch) -> model.backbone().forward(Inputs.of(batch), pass));
  }

  /** Logits that exist at the same time: 64 MiB in F32, and as much for their gradient. */
  private static final long CHUNK = 1 << 24;

  /** The states that predict a label, and those labels. */
  private record Labelled(Tensor states, Tensor labels) {
    static Labelled of(Reader reader, Model model, Pass pass, Batch batch) {
      int[] learned =
          IntStream.range(0, batch.labels().length)
              .filter(i -> batch.labels()[i] != Batch.IGNORE)
              .toArray();
      Tensor hidden = reader.read(model, pass, batch);
      // The state that predicts position t stands at t-1; a row's first token is never a label.
      long[] before = IntStream.of(learned).mapToLong(i -> i - 1).toArray();
      long[] labels = IntStream.of(learned).mapToLong(i -> batch.labels()[i]).toArray();
      return new Labelled(
          hidden
              .reshape(-1, model.backbone().hiddenSize())
              .indexSelect(0, Tensors.of(before, before.length)),
          Tensors.of(labels, labels.length));
    }

    /** Pieces of nearly equal length. */
    List<Labelled> chunks(LmHead head) {
      long rows = labels.size(0);
      long count = Math.max(1, Math.ceilDiv(rows * head.output().out(), CHUNK));
      List<Labelled> chunks = new ArrayList<>();
      for (long i = 0; i < count; i++) {
        long from = rows * i / count;
        long length = rows * (i + 1) / count - from;
        if (length > 0) {
          chunks.add(new Labelled(states.narrow(0, from, length), labels.narrow(0, from, length)));
        }
      }
      return chunks;
    }
  }

  @Override
  public long count(Batch batch) {
    return batch.learnedTokens();
  }

  @Override
  public Tensor lossSum(Model model, Pass pass, Batch batch, double smoothing) {
    Labelled all = Labelled.of(reader, model, pass, batch);
    Tensor logits = ((LmHead) model.head()).logits(all.states(), pass);
    return Functional.crossEntropySum(logits, all.labels(), smoothing);
  }

  @Override
  public double value(Model model, Pass pass, Batch batch) {
    LmHead head = (LmHead) model.head();
    double sum = 0;
    for (Labelled chunk : Labelled.of(reader, model, pass, batch).chunks(head)) {
      try (Scope scope = Scope.open()) {
        sum += CrossEntropy.sumOf(head.logits(chunk.states(), pass), chunk.labels(), 0);
      }
    }
    return sum;
  }

  @Override
  public double learn(Model model, Pass pass, Batch batch, double smoothing, double factor) {
    try (Tape tape = Tape.open()) {
      Labelled all = Labelled.of(reader, model, pass, batch);
      Labelled cut = new Labelled(all.states().detach().requiresGrad(true), all.labels());
      double sum;
      try (Profile.Stretch stretch = Profile.of(Profile.Phase.HEAD)) {
        sum = head(model, pass, cut, smoothing, factor);
      }
      Tensor gradient = cut.states().grad();
      if (all.states().requiresGrad() && gradient != null) {
        tape.backward(all.states(), gradient);
      }
      return sum;
    }
  }

  /** The head's side by itself, down to the gradient of the states that it is given. */
  private static double head(
      Model model, Pass pass, Labelled cut, double smoothing, double factor) {
    LmHead head = (LmHead) model.head();
    double sum = 0;
    for (Labelled chunk : cut.chunks(head)) {
      try (Scope scope = Scope.open();
          Tape tape = Tape.open()) {
        Tensor logits = head.logits(chunk.states(), pass);
        CrossEntropy loss = CrossEntropy.of(logits, chunk.labels(), smoothing, factor);
        tape.backward(logits, loss.gradient());
        sum += loss.sum();
      }
    }
    return sum;
  }
}
