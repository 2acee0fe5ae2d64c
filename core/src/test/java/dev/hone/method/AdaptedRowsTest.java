package dev.hone.method;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.hone.TinyModels;
import dev.hone.generate.GenerationConfig;
import dev.hone.generate.Generator;
import dev.hone.method.MethodCases.Case;
import dev.hone.method.bottleneck.BottleneckCases;
import dev.hone.model.Adapter;
import dev.hone.model.EncoderDecoder;
import dev.hone.model.Inputs;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.model.head.TextHead;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tape;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * An adapter that puts something between or before: a row is the same alone, padded, with a cache
 * and where layers are computed twice.
 */
class AdaptedRowsTest {
  private static final int[] LONG = {9, 8, 17, 90, 44, 12};
  private static final int[] SHORT = {61, 13, 5};

  @TempDir Path folder;

  static Stream<Case> cases() {
    return Stream.of(MethodCases.soft(), BottleneckCases.all(), BottleneckCases.fusions())
        .flatMap(s -> s);
  }

  private Method stirred(Case c, Model model) {
    return MethodTrial.stirred(BottleneckCases.attached(c.config(), model, folder), 3);
  }

  private static Inputs padded(boolean left, boolean pair) {
    int width = LONG.length;
    long[] ids = new long[2 * width];
    long[] mask = new long[2 * width];
    int begin = left ? width - SHORT.length : 0;
    for (int i = 0; i < width; i++) {
      ids[i] = LONG[i];
      mask[i] = 1;
    }
    for (int i = 0; i < SHORT.length; i++) {
      ids[width + begin + i] = SHORT[i];
      mask[width + begin + i] = 1;
    }
    Tensor wide = Tensors.of(ids, 2, width);
    Tensor written = pair ? Tensors.of(new long[] {3, 4, 5, 3, 4, 5}, 2, 3) : null;
    return new Inputs(wide, Tensors.of(mask, 2, width), null, null, written);
  }

  private static Inputs alone(int[] row, boolean pair) {
    Tensor written = pair ? Tensors.of(new long[] {3, 4, 5}, 1, 3) : null;
    return new Inputs(TinyModels.inputs(row).ids(), null, null, null, written);
  }

  /** A row's states of the real tokens, or the row's logits where there is one answer a row. */
  private static float[] answers(Model model, Pass pass, Inputs inputs, int row, int from, int n) {
    if (model.architecture().endsWith("ForSequenceClassification")) {
      return model.logits(inputs, pass).select(0, row).toFloats();
    }
    return model.backbone().forward(inputs, pass).select(0, row).narrow(0, from, n).toFloats();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void aRowIsTheSameAloneAndPadded(Case c) {
    try (Model model = TinyModels.random(c.model());
        Method method = stirred(c, model);
        Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      Pass pass = Pass.plain().with(method);
      boolean pair = model.backbone() instanceof EncoderDecoder;
      boolean decoder = model.head() instanceof TextHead && !pair;
      float[] solo = answers(model, pass, alone(SHORT, pair), 0, 0, SHORT.length);
      for (boolean left : decoder ? new boolean[] {false, true} : new boolean[] {false}) {
        int from = left ? LONG.length - SHORT.length : 0;
        float[] beside = answers(model, pass, padded(left, pair), 1, from, SHORT.length);
        assertEquals(0, TinyModels.distance(solo, beside), 1e-5, "left " + left);
      }
      float[] whole = answers(model, pass, alone(LONG, pair), 0, 0, pair ? 3 : LONG.length);
      float[] first = answers(model, pass, padded(false, pair), 0, 0, pair ? 3 : LONG.length);
      assertEquals(0, TinyModels.distance(whole, first), 1e-5);
    }
  }

  static Stream<Case> writers() {
    return cases().filter(c -> !c.model().matches(".*For(Sequence|Masked).*"));
  }

  @ParameterizedTest
  @MethodSource("writers")
  void aCacheChangesNothing(Case c) {
    GenerationConfig greedy = GenerationConfig.greedy(12);
    try (Model model = TinyModels.random(c.model());
        Method method = stirred(c, model)) {
      Generator generator = new Generator(model, method);
      int[] first = generator.continued(LONG, greedy, token -> false);
      assertArrayEquals(uncached(model, method, LONG, first.length), first);
      int[] second = generator.continued(SHORT, greedy, token -> false);
      List<int[]> both =
          generator.continued(List.of(LONG, SHORT, LONG), greedy, (row, token) -> false);
      assertArrayEquals(first, both.get(0));
      assertArrayEquals(second, both.get(1));
      assertArrayEquals(first, both.get(2));
    }
  }

  /** Greedy tokens, everything computed anew for each. */
  private static int[] uncached(Model model, Adapter adapter, int[] prompt, int count) {
    int[] written = new int[count];
    EncoderDecoder pair = model.backbone() instanceof EncoderDecoder found ? found : null;
    int[] row = pair == null ? prompt : new int[] {pair.start()};
    for (int i = 0; i < count; i++) {
      try (Scope scope = Scope.open();
          GradMode off = GradMode.off()) {
        Inputs inputs =
            pair != null
                ? new Inputs(
                    TinyModels.inputs(prompt).ids(), null, null, null, TinyModels.inputs(row).ids())
                : TinyModels.inputs(row);
        Tensor logits = model.logits(inputs, Pass.plain().with(adapter));
        Tensor last = logits.narrow(1, logits.size(1) - 1, 1);
        written[i] = (int) last.argmax(-1).toLongs()[0];
      }
      row = Arrays.copyOf(row, row.length + 1);
      row[row.length - 1] = written[i];
    }
    return written;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void checkpointingGivesTheSameGradients(Case c) {
    try (Model model = TinyModels.random(c.model());
        Method method = stirred(c, model)) {
      Map<String, float[]> plain = gradients(model, method, Pass.plain());
      Map<String, float[]> twice = gradients(model, method, Pass.plain().checkpointing(1));
      plain.forEach(
          (name, gradient) -> {
            float[] other = Objects.requireNonNull(twice.get(name));
            assertEquals(0, TinyModels.distance(gradient, other), 1e-4, name);
          });
    }
  }

  private static Map<String, float[]> gradients(Model model, Method method, Pass pass) {
    try (Scope scope = Scope.open();
        Tape tape = Tape.open()) {
      tape.backward(model.logits(TinyModels.inputs(LONG), pass.with(method)).square().mean());
      return MethodTrial.gradients(method);
    }
  }
}
