package dev.hone.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyDecoders;
import dev.hone.TinyEncoders;
import dev.hone.TinyModels;
import dev.hone.data.Batch;
import dev.hone.data.TokenRow;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tape;
import dev.hone.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Rows that go through the layers as one sequence do not know of each other. */
class PackingTest {

  static Stream<String> configs() {
    return Stream.of(
            TinyModels.decoderConfigs(),
            TinyDecoders.classifiers(),
            TinyDecoders.stretching(),
            TinyEncoders.all())
        .flatMap(List::stream)
        .filter(config -> !config.contains("MultipleChoice") && !config.contains("PreTraining"));
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("configs")
  void aRowIsTheSameAlonePaddedAndPackedBehindAnyOther(String config) {
    List<TokenRow> rows = new ArrayList<>(TinyModels.rows(1, 6));
    rows.add(new TokenRow(new int[30], new boolean[30], 0, "long"));
    rows.add(new TokenRow(new int[] {9}, new boolean[1], 0, "of one token"));
    Random random = new Random(3);
    try (Model model = TinyModels.random(config);
        GradMode off = GradMode.off()) {
      for (TokenRow row : List.copyOf(rows)) {
        float[] alone = logits(model, List.of(row), row, Pass.plain());
        Collections.shuffle(rows, random);
        for (Pass pass : List.of(Pass.plain(), Pass.plain().packing())) {
          assertEquals(
              0, TinyModels.distance(alone, logits(model, rows, row, pass)), 1e-5, row.origin());
        }
      }
    }
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("configs")
  void anotherRowInThePackChangesNothing(String config) {
    List<TokenRow> rows = TinyModels.rows(5, 4);
    TokenRow kept = rows.get(1);
    List<TokenRow> others = new ArrayList<>();
    for (TokenRow row : rows) {
      int[] ids = row.ids().clone();
      for (int i = 0; i < ids.length; i++) {
        ids[i] = 2 + (ids[i] + 31) % (TinyModels.VOCAB - 2);
      }
      others.add(row == kept ? row : new TokenRow(ids, row.learned(), row.label(), "other"));
    }
    try (Model model = TinyModels.random(config);
        GradMode off = GradMode.off()) {
      Pass packed = Pass.plain().packing();
      float[] before = logits(model, rows, kept, packed);
      assertArrayEquals(before, logits(model, others, kept, packed));
      assertTrue(before.length > 0);
    }
  }

  static Stream<String> encoderDecoders() {
    return TinyModels.encoderDecoderConfigs().stream();
  }

  /** The side that reads is packed; what is written stands side by side. */
  @ParameterizedTest(name = "{index}")
  @MethodSource("encoderDecoders")
  void whatIsReadIsPackedAndEveryWeightLearnsTheSame(String config) {
    Batch batch = Batch.of(TinyModels.rows(2, 5), 0);
    try (Model model = TinyModels.random(config);
        Scope scope = Scope.open()) {
      model.parameters().forEach(p -> p.value().requiresGrad(true));
      List<float[]> padded = gradients(model, batch, Pass.plain());
      List<float[]> packed = gradients(model, batch, Pass.plain().packing());
      for (int i = 0; i < padded.size(); i++) {
        double largest = 1;
        for (float value : padded.get(i)) {
          largest = Math.max(largest, Math.abs(value));
        }
        String name = model.parameters().get(i).name();
        assertEquals(0, TinyModels.distance(padded.get(i), packed.get(i)) / largest, 1e-5, name);
      }
    }
  }

  private static List<float[]> gradients(Model model, Batch batch, Pass pass) {
    List<float[]> gradients = new ArrayList<>();
    try (Tape tape = Tape.open()) {
      Inputs inputs = model.backbone().inputs(batch);
      tape.backward(model.logits(inputs, pass).square().sum());
    }
    for (Parameter parameter : model.parameters()) {
      Tensor gradient = parameter.value().grad();
      gradients.add(gradient == null ? new float[0] : gradient.toFloats());
      parameter.value().clearGrad();
    }
    return gradients;
  }

  /** The logits of one row's real tokens, or of the row. */
  private static float[] logits(Model model, List<TokenRow> rows, TokenRow wanted, Pass pass) {
    try (Scope scope = Scope.open()) {
      Tensor all = model.logits(Inputs.of(Batch.of(rows, 0)), pass);
      Tensor row = all.select(0, rows.indexOf(wanted));
      return row.rank() == 1 ? row.toFloats() : row.narrow(0, 0, wanted.length()).toFloats();
    }
  }
}
