package dev.hone.golden;

import dev.hone.data.Batch;
import dev.hone.generate.GenerationConfig;
import dev.hone.generate.Generator;
import dev.hone.method.Method;
import dev.hone.model.Adapter;
import dev.hone.model.EncoderDecoder;
import dev.hone.model.Inputs;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.model.head.ReplacedTokens;
import dev.hone.tensor.DType;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tape;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import dev.hone.train.AdamW;
import dev.hone.train.TrainConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/** Computes one case's quantities and compares them, at the tolerances of the golden README. */
final class Comparison {
  private static final double LOGITS = 2e-5;
  private static final double LOSS = 1e-5;
  private static final double LOSSES = 5e-5;
  private static final double AFTER = 5e-5;

  /** Only cases with these were made with ranks being taken away. */
  private static final String RANKS = "lora_E_alive_after_step";

  private final Model model;
  private final Reference reference;
  private final Map<String, Difference> worst = new LinkedHashMap<>();

  Comparison(Model model, Reference reference) {
    this.model = model;
    this.reference = reference;
  }

  List<Difference> differences() {
    return new ArrayList<>(worst.values());
  }

  private void note(Difference difference) {
    worst.merge(difference.quantity(), difference, Difference::worse);
  }

  /** Logits under a name of the reference, padded positions of token-wise outputs left out. */
  void logits(String quantity, String name, Adapter adapter) {
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      Tensor logits = model.logits(inputs(), Pass.plain().with(adapter));
      note(masked(quantity, name, logits, LOGITS));
    }
  }

  private Difference masked(String quantity, String name, Tensor actual, double tolerance) {
    Tensor expected = reference.logits(name);
    actual = asRecorded(actual, expected);
    if (!Arrays.equals(expected.shape(), actual.shape())) {
      return Difference.within(
          quantity, actual.describe() + " for " + expected.describe(), Double.NaN, tolerance);
    }
    boolean decoder = paired() && !name.contains("encoder_hidden"); // defined at every position
    if (actual.rank() == 3 && !decoder) {
      Tensor mask = java.util.Objects.requireNonNull(reference.inputs().mask());
      Tensor real = prompted(mask, actual.size(1), 1).to(DType.F32).unsqueeze(-1);
      actual = actual.mul(real);
      expected = expected.mul(real);
    }
    return Difference.within(quantity, name, Difference.largest(actual, expected), tolerance);
  }

  /**
   * One number a row may be recorded as [B], and of a sparse prediction there are the logits of
   * labelled tokens only.
   */
  private Tensor asRecorded(Tensor actual, Tensor expected) {
    long width = actual.size(-1);
    if (expected.rank() == 1 && width == 1) {
      return actual.squeeze(-1);
    }
    if (expected.rank() == 2 && actual.rank() == 3) {
      long[] labels = reference.labels().toLongs();
      long[] counted =
          IntStream.range(0, labels.length)
              .filter(i -> labels[i] != Batch.IGNORE)
              .asLongStream()
              .toArray();
      return actual.reshape(-1, width).indexSelect(0, Tensors.of(counted, counted.length));
    }
    return actual;
  }

  void hiddenStates() {
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      List<Tensor> states = new ArrayList<>();
      model.backbone().forward(inputs(), Pass.plain().tracing(states::add));
      int from = hiddenStates("output.encoder_hidden_states.", states, 0);
      from = hiddenStates("output.decoder_hidden_states.", states, from);
      int ignored = hiddenStates("output.hidden_states.", states, from);
    }
  }

  /** Those under one prefix, which begin at {@code from}; returns where the next begin. */
  private int hiddenStates(String prefix, List<Tensor> states, int from) {
    Set<String> indices = reference.below(prefix).keySet();
    for (String index : indices) {
      Tensor actual = states.get(from + Integer.parseInt(index));
      note(masked("hidden", prefix + index, actual, LOGITS));
    }
    return from + indices.size();
  }

  private boolean paired() {
    return model.backbone() instanceof EncoderDecoder;
  }

  private Inputs inputs() {
    return model.backbone() instanceof EncoderDecoder pair
        ? reference.inputs(pair)
        : reference.inputs();
  }

  /** What the decoder reads is made from the labels here, and must be what the reference made. */
  void decoderInputs() {
    if (reference.has("input.decoder_input_ids") && inputs().decoderIds() != null) {
      Tensor expected = reference.get("input.decoder_input_ids");
      boolean same = expected.contentEquals(inputs().decoderIds());
      double off = same ? 0 : Double.POSITIVE_INFINITY;
      note(Difference.within("decoder", "input.decoder_input_ids", off, 1));
    }
  }

  /**
   * Loss and gradients.
   *
   * @param trainable leaves, under the names that the reference uses for their gradients
   */
  void gradients(Adapter adapter, Map<String, Tensor> trainable) {
    try (Scope scope = Scope.open();
        Tape tape = Tape.open()) {
      Tensor loss = loss(adapter);
      note(Difference.within("loss", "output.loss", Math.abs(loss.item() - expectedLoss()), LOSS));
      tape.backward(loss);
      reference
          .below("grad.")
          .forEach((name, expected) -> gradient(name, trainable.get(name), expected));
      trainable.keySet().stream()
          .filter(n -> !reference.has("grad." + n))
          .filter(n -> !reference.json().path("params_without_grad").toString().contains(n))
          .forEach(n -> note(Difference.within("gradients", "surplus " + n, Double.NaN, 1)));
    }
    trainable.values().forEach(Tensor::clearGrad);
  }

  private void gradient(
      String name, @org.jspecify.annotations.Nullable Tensor leaf, Tensor expected) {
    Tensor actual = leaf == null ? null : leaf.grad();
    if (actual == null) {
      note(Difference.within("gradients", "missing " + name, Double.NaN, 1));
      return;
    }
    double tolerance = 1e-4 * expected.abs().max().item() + 1e-6;
    note(Difference.within("gradients", name, Difference.largest(actual, expected), tolerance));
  }

  /**
   * What stands for the tokens of a row [B, T], with a value for each of a soft prompt's before.
   */
  private static Tensor prompted(Tensor ofTokens, long width, long value) {
    long prompt = width - ofTokens.size(1);
    return prompt == 0
        ? ofTokens
        : Tensors.cat(
            List.of(Tensors.zeros(DType.I64, ofTokens.size(0), prompt).add(value), ofTokens), 1);
  }

  private double expectedLoss() {
    return reference.get("output.loss").item();
  }

  private Tensor loss(Adapter adapter) {
    Inputs inputs = inputs();
    Tensor logits = model.logits(inputs, Pass.plain().with(adapter));
    Tensor labels = reference.labels();
    boolean each = labels.rank() == 2 && labels.size(1) == inputs.ids().size(1);
    if (logits.rank() == 3 && each && !paired()) {
      labels = prompted(labels, logits.size(1), Batch.IGNORE);
    }
    if (model.head() instanceof ReplacedTokens && inputs.mask() != null) { // it leaves padding out
      labels = labels.mul(inputs.mask()).add(inputs.mask().add(-1).mul((long) -Batch.IGNORE));
    }
    Tensor loss = model.head().loss(logits, labels);
    Tensor regularizer = adapter instanceof Method method ? method.regularizer() : null;
    return regularizer == null ? loss : loss.add(regularizer);
  }

  /** Five optimiser steps; compares the losses on the way and the tensors after them. */
  void fiveSteps(Adapter adapter, Map<String, Tensor> trainable) {
    if (!reference.has("train5.losses")) {
      return;
    }
    TrainConfig defaults = TrainConfig.defaults();
    float[] expected = reference.get("train5.losses").toFloats();
    try (AdamW optimizer = new AdamW(defaults, trainable, (name, tensor) -> true)) {
      for (int step = 0; step < expected.length; step++) {
        try (Scope scope = Scope.open();
            Tape tape = Tape.open()) {
          Tensor loss = loss(adapter);
          double off = Math.abs(loss.item() - expected[step]);
          note(Difference.within("train5", "train5.losses[" + step + "]", off, LOSSES));
          if (step + 1 < expected.length) {
            tape.backward(loss);
            optimizer.step(1e-3);
            if (adapter instanceof Method method && reference.json().has(RANKS)) {
              method.stepped(step + 1, expected.length - 1);
              ranks(step, trainable);
            }
            optimizer.clearGradients();
          }
        }
      }
    }
    reference.below("after5.").forEach((name, tensor) -> after(name, trainable, tensor));
  }

  /** Which ranks an allocator has left after a step. */
  private void ranks(int step, Map<String, Tensor> trainable) {
    reference
        .json()
        .path(RANKS)
        .path(step)
        .properties()
        .forEach(
            recorded -> {
              Tensor values = trainable.get(recorded.getKey().replace(".default", ""));
              float[] left = values == null ? new float[0] : values.toFloats();
              boolean same = left.length == recorded.getValue().size();
              for (int i = 0; same && i < left.length; i++) {
                same = (left[i] != 0) == (recorded.getValue().path(i).asInt() == 1);
              }
              double off = same ? 0 : Double.POSITIVE_INFINITY;
              note(Difference.within("ranks", "step " + step + " " + recorded.getKey(), off, 1));
            });
  }

  /** Where the recorded gradient is rounding noise, Adam turns noise into steps: left out. */
  private void after(String name, Map<String, Tensor> trainable, Tensor expected) {
    Tensor actual = trainable.get(name);
    if (actual == null) {
      note(Difference.within("after5", "missing " + name, Double.NaN, AFTER));
      return;
    }
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      Tensor counted = reference.get("grad." + name).abs().gt(Tensors.full(1e-6));
      Tensor difference = actual.sub(expected).abs().mul(counted.to(DType.F32));
      note(Difference.within("after5", name, difference.max().item(), AFTER));
    }
  }

  /** Greedy tokens of every recorded row. */
  void greedy(Adapter adapter) {
    for (int row = 0; reference.has("generate.row" + row + ".new_tokens"); row++) {
      String name = "generate.row" + row + ".new_tokens";
      long[] expected = reference.get(name).toLongs();
      int[] actual =
          new Generator(model, adapter)
              .continued(
                  reference.prompt(row), GenerationConfig.greedy(expected.length), token -> false);
      boolean same = Arrays.equals(Arrays.stream(actual).asLongStream().toArray(), expected);
      note(Difference.within("greedy", name, same ? 0 : Double.POSITIVE_INFINITY, 1));
    }
  }
}
