package dev.hone.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.ChildJvm;
import dev.hone.TinyDecoders;
import dev.hone.TinyEncoders;
import dev.hone.TinyModels;
import dev.hone.tensor.Engine;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.QueryBlocks;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tape;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Long rows are looked over some queries at a time: the same numbers, in memory that stays small.
 */
class LongRowsTest {
  /** Two whole blocks of queries and a part of a third. */
  private static final int WIDTH = 2 * QueryBlocks.SIZE + 70;

  /** A model with room for long rows. */
  private static String longer(String config) {
    return TinyModels.merged(
        config,
        "{'max_position_embeddings': 4200, 'n_positions': 4200, 'sliding_window': 300,"
            + " 'window_size': 300, 'local_attention': 300, 'vocab_size': 96}");
  }

  static Stream<String> causal() {
    return Stream.of(
            TinyModels.gpt2Config("{}"),
            TinyDecoders.of("Mistral"),
            TinyDecoders.of("Gemma2"),
            TinyDecoders.of("GPTNeo"),
            TinyDecoders.of("Bloom"),
            TinyDecoders.all().getLast()) // Falcon with ALiBi
        .map(LongRowsTest::longer);
  }

  static Stream<String> all() {
    return Stream.concat(
        causal(), Stream.of(longer(TinyEncoders.config("ModernBertForMaskedLM", "{}"))));
  }

  private static long[] ids(int count) {
    return new Random(5).ints(count, 2, 96).asLongStream().toArray();
  }

  /** With a cache no piece is longer than a block, so that masks are made the other way. */
  @ParameterizedTest(name = "{index}")
  @MethodSource("causal")
  void aLongRowIsTheSameAtOnceAndInPieces(String config) {
    long[] ids = ids(WIDTH);
    try (Model model = TinyModels.random(config);
        KeyValueCache cache = new KeyValueCache(WIDTH);
        Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      Tensor whole = model.logits(Inputs.of(Tensors.of(ids, 1, WIDTH)), Pass.plain());
      for (int from = 0; from < WIDTH; from += 400) {
        int to = Math.min(WIDTH, from + 400);
        long[] some = Arrays.copyOfRange(ids, from, to);
        Tensor piece =
            model.logits(Inputs.of(Tensors.of(some, 1, to - from)), Pass.plain().with(cache));
        float[] expected = whole.narrow(1, from, to - from).toFloats();
        assertEquals(0, TinyModels.distance(expected, piece.toFloats()), 2e-5, "from " + from);
      }
    }
  }

  /** One mask over all positions says the same as one for each block. */
  @ParameterizedTest(name = "{index}")
  @MethodSource("all")
  void blocksSeeWhatAMaskOverAllPositionsShows(String config) {
    for (boolean left : new boolean[] {false, true}) {
      long[] mask = new long[2 * WIDTH];
      Arrays.fill(mask, 1);
      int from = left ? 0 : WIDTH - 200;
      Arrays.fill(mask, from, from + 200, 0);
      try (Model model = TinyModels.random(config);
          Scope scope = Scope.open();
          GradMode off = GradMode.off()) {
        Stack stack = (Stack) model.backbone();
        Inputs inputs =
            new Inputs(
                Tensors.of(ids(2 * WIDTH), 2, WIDTH), Tensors.of(mask, 2, WIDTH), null, null);
        Stack.Start start = stack.begin(inputs, Pass.plain());
        Stack.Start single = new Stack.Start(start.hidden(), single(start.frame()));
        Tensor real = Tensors.of(mask, 2, WIDTH, 1);
        Tensor blocks = stack.walk(start, inputs, Pass.plain()).mul(real);
        Tensor whole = stack.walk(single, inputs, Pass.plain()).mul(real);
        assertEquals(0, TinyModels.distance(whole.toFloats(), blocks.toFloats()), 5e-5);
      }
    }
  }

  private static Frame single(Frame frame) {
    List<Frame> others = frame.others().stream().map(LongRowsTest::single).toList();
    Sight sight = frame.sight();
    Tensor mask = sight == null ? frame.mask() : sight.mask().of(0, WIDTH);
    return new Frame(mask, frame.causal(), frame.angles(), others, null, null, null, null);
  }

  static Stream<String> learning() {
    return Stream.concat(all(), Stream.of(longer(TinyModels.t5Config("{}"))));
  }

  /** The tape works each block out again; the engine records all of them. */
  @ParameterizedTest(name = "{index}")
  @MethodSource("learning")
  void gradientsAreTheSameWithAndWithoutTheTape(String config) {
    try (Model model = TinyModels.random(config);
        Scope scope = Scope.open()) {
      model.parameters().forEach(p -> p.value().requiresGrad(true));
      List<float[]> taped = gradients(model, Pass.plain().train(0), true);
      List<float[]> recorded = gradients(model, Pass.plain().train(0), false);
      List<float[]> again = gradients(model, Pass.plain().train(0).checkpointing(3), true);
      for (int i = 0; i < recorded.size(); i++) {
        float largest = 1;
        for (float value : recorded.get(i)) {
          largest = Math.max(largest, Math.abs(value));
        }
        String name = model.parameters().get(i).name();
        for (List<float[]> other : List.of(taped, again)) {
          assertEquals(0, TinyModels.distance(recorded.get(i), other.get(i)) / largest, 2e-5, name);
        }
      }
    }
  }

  /** Dropout falls on the same scores on the way back: the loss follows its gradient. */
  @Test
  void dropoutIsTheSameOnTheWayBack() {
    String config = longer(TinyModels.gpt2Config("{}"));
    try (Model model = TinyModels.random(config);
        Scope scope = Scope.open()) {
      model.parameters().forEach(p -> p.value().requiresGrad(true));
      Pass pass = Pass.plain().train(0.2);
      List<float[]> taped = gradients(model, pass, true);
      List<float[]> recorded = gradients(model, pass, false);
      for (int i = 0; i < recorded.size(); i++) {
        float largest = 1;
        for (float value : recorded.get(i)) {
          largest = Math.max(largest, Math.abs(value));
        }
        assertEquals(
            0,
            TinyModels.distance(recorded.get(i), taped.get(i)) / largest,
            2e-5,
            model.parameters().get(i).name());
      }
    }
  }

  private static List<float[]> gradients(Model model, Pass pass, boolean tape) {
    Engine.seed(11);
    try (Scope scope = Scope.open()) {
      Inputs inputs = Inputs.of(Tensors.of(ids(WIDTH), 1, WIDTH));
      if (tape) {
        try (Tape open = Tape.open()) {
          open.backward(model.logits(inputs, pass).square().mean());
        }
      } else {
        model.logits(inputs, pass).square().mean().backward();
      }
      List<float[]> gradients = new ArrayList<>();
      for (Parameter parameter : model.parameters()) {
        Tensor gradient = parameter.value().grad();
        gradients.add(gradient == null ? new float[0] : gradient.toFloats());
        parameter.value().clearGrad();
      }
      return gradients;
    }
  }

  /** Twice the tokens take twice the memory: four times would be scores or masks over all pairs. */
  @ParameterizedTest
  @ValueSource(strings = {"plain", "dropout", "window", "alibi", "cap", "relative"})
  void memoryGrowsWithTheLengthAndNotWithItsSquare(String kind) throws Exception {
    List<Long> peaks = peaks(kind);
    long first = peaks.get(1) - peaks.get(0);
    long second = peaks.get(2) - peaks.get(1);
    // A mask or the scores of four heads in F32 over all pairs of 4,096 tokens: 64 or 256 MiB.
    assertTrue(
        second < 3 * Math.max(first, 8 << 20),
        kind + ": " + first / (1 << 20) + " MiB, then " + second / (1 << 20) + " MiB");
  }

  private static List<Long> peaks(String kind) throws IOException, InterruptedException {
    Process process =
        ChildJvm.start(
            LongRowsMemory.class, longer(config(kind)), kind.equals("dropout") ? "0.1" : "0");
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      List<Long> peaks = lines.lines().map(Long::parseLong).toList();
      assertEquals(0, process.waitFor());
      assertEquals(3, peaks.size());
      return peaks;
    }
  }

  private static String config(String kind) {
    return switch (kind) {
      case "window" -> TinyDecoders.of("Mistral");
      case "alibi" -> TinyDecoders.of("Bloom");
      case "cap" -> TinyDecoders.of("Gemma2");
      case "relative" -> TinyModels.t5Config("{'num_decoder_layers': 1}");
      default -> TinyModels.gpt2Config("{}");
    };
  }
}
