package dev.hone.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.hone.TinyModels;
import dev.hone.data.Batch;
import dev.hone.data.TokenRow;
import dev.hone.method.Full;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class EncoderDecoderTest {
  private static final TokenRow LONG = row("3 14 15 92 65", "35 89 79 1");
  private static final TokenRow SHORT = row("7 8", "9 1");

  private static TokenRow row(String read, String written) {
    int[] source = Arrays.stream(read.split(" ")).mapToInt(Integer::parseInt).toArray();
    int[] target = Arrays.stream(written.split(" ")).mapToInt(Integer::parseInt).toArray();
    int[] ids = Arrays.copyOf(source, source.length + target.length);
    System.arraycopy(target, 0, ids, source.length, target.length);
    boolean[] learned = new boolean[ids.length];
    Arrays.fill(learned, source.length, ids.length, true);
    return new TokenRow(ids, learned, -1, "rows.jsonl:1");
  }

  @Test
  void aBatchComesApartIntoWhatIsReadAndWhatIsWritten() {
    Pairs pairs = Pairs.of(Batch.of(List.of(SHORT, LONG), 0), 0);
    assertArrayEquals(new long[] {7, 8, 0, 0, 0, 3, 14, 15, 92, 65}, pairs.ids());
    assertArrayEquals(new long[] {1, 1, 0, 0, 0, 1, 1, 1, 1, 1}, pairs.mask());
    assertArrayEquals(new long[] {9, 1, -100, -100, 35, 89, 79, 1}, pairs.labels());
    try (Model model = TinyModels.random(TinyModels.bartConfig("{}"))) {
      EncoderDecoder pair = (EncoderDecoder) model.backbone();
      assertArrayEquals(
          new long[] {2, 9, 1, 1, 2, 35, 89, 79},
          pair.shifted(pairs.labels(), 4),
          "start 2, pad 1");
    }
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("dev.hone.TinyModels#encoderDecoderConfigs")
  void aRowIsTheSameAloneAndPadded(String json) {
    try (Model model = TinyModels.random(json);
        Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      Tensor both = logits(model, List.of(SHORT, LONG));
      float[] alone = logits(model, List.of(SHORT)).toFloats();
      float[] padded = both.narrow(0, 0, 1).narrow(1, 0, 2).toFloats();
      assertEquals(0, TinyModels.distance(alone, padded), 2e-5);
      float[] longer = both.narrow(0, 1, 1).toFloats();
      assertEquals(0, TinyModels.distance(logits(model, List.of(LONG)).toFloats(), longer), 2e-5);
    }
  }

  private static Tensor logits(Model model, List<TokenRow> rows) {
    return model.logits(model.backbone().inputs(Batch.of(rows, 0)), Pass.plain());
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("dev.hone.TinyModels#encoderDecoderConfigs")
  void anySplitGivesTheStatesOfTheWhole(String json) {
    try (Model model = TinyModels.random(json);
        Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      EncoderDecoder pair = (EncoderDecoder) model.backbone();
      Inputs inputs = pair.inputs(Batch.of(List.of(LONG), 0));
      float[] whole = pair.forward(inputs, Pass.plain()).toFloats();
      for (int[] chunks : new int[][] {{1, 1, 1, 1}, {2, 2}, {1, 3}, {3, 1}}) {
        try (KeyValueCache cache = new KeyValueCache(4)) {
          Pass cached = Pass.plain().with(cache);
          List<Tensor> parts = new ArrayList<>();
          int from = 0;
          for (int chunk : chunks) {
            Tensor ids = read(inputs).narrow(1, from, chunk);
            parts.add(
                from == 0
                    ? pair.forward(new Inputs(inputs.ids(), null, null, null, ids), cached)
                    : pair.next(ids, cached));
            from += chunk;
          }
          assertEquals(4, cache.length());
          assertEquals(0, TinyModels.distance(whole, Tensors.cat(parts, 1).toFloats()), 2e-5);
        }
      }
    }
  }

  /** As training does that goes layer by layer: a graph of one layer at a time. */
  @ParameterizedTest(name = "{index}")
  @MethodSource("dev.hone.TinyModels#encoderDecoderConfigs")
  void aBackwardPassCanBeCutBetweenAnyLayers(String json) {
    try (Model model = TinyModels.random(json);
        Full full = new Full(model);
        Scope scope = Scope.open()) {
      Batch batch = Batch.of(List.of(SHORT, LONG), 0);
      Pass pass = Pass.plain().with(full);
      EncoderDecoder pair = (EncoderDecoder) model.backbone();
      Inputs inputs = pair.inputs(batch);
      pair.forward(inputs, pass).square().sum().backward();
      Map<String, float[]> whole = gradients(full);

      Cut encoder = Cut.of(pair.encoder(), pair.encoder().begin(inputs, pass), pass);
      Tensor end = pair.encoder().finish(encoder.outputs.getLast(), inputs, pass);
      Memory memory = new Memory(Cut.leaf(end), pair.encode(inputs, pass).mask());
      Inputs ids = Inputs.of(read(inputs));
      Cut decoder = Cut.of(pair.decoder(), pair.begin(read(inputs), memory, pass), pass);
      Tensor top = pair.decoder().finish(decoder.outputs.getLast(), ids, pass);
      top.square().sum().backward();
      decoder.backward();
      end.backward(Cut.gradient(memory.hidden()));
      encoder.backward();
      Map<String, float[]> cut = gradients(full);
      assertEquals(whole.keySet(), cut.keySet());
      cut.forEach(
          (name, gradient) ->
              assertEquals(
                  0,
                  TinyModels.distance(wanted(whole, name), gradient),
                  1e-4 * max(wanted(whole, name)),
                  name));
    }
  }

  private static Tensor read(Inputs inputs) {
    return Objects.requireNonNull(inputs.decoderIds());
  }

  private static float[] wanted(Map<String, float[]> gradients, String name) {
    return Objects.requireNonNull(gradients.get(name), name);
  }

  private static double max(float[] values) {
    double max = 1e-2; // gradients of key biases are rounding noise
    for (float value : values) {
      max = Math.max(max, Math.abs(value));
    }
    return max;
  }

  private static Map<String, float[]> gradients(Full full) {
    Map<String, float[]> gradients = new LinkedHashMap<>();
    full.trainable()
        .forEach(
            (name, leaf) -> {
              if (leaf.grad() != null) {
                gradients.put(name, leaf.grad().toFloats());
              }
              leaf.clearGrad();
            });
    return gradients;
  }

  /** A stack whose layers are leaves to each other. */
  private record Cut(Stack.Start start, Frame frame, List<Tensor> made, List<Tensor> outputs) {
    static Cut of(Stack stack, Stack.Start start, Pass pass) {
      Tensor mask = start.frame().mask();
      Frame frame =
          mask == null || !mask.requiresGrad()
              ? start.frame()
              : new Frame(
                  leaf(mask), false, null, List.of(), start.frame().memory(), null, null, null);
      List<Tensor> made = new ArrayList<>();
      List<Tensor> outputs = new ArrayList<>(List.of(leaf(start.hidden())));
      for (Block block : stack.blocks()) {
        made.add(block.forward(outputs.getLast(), frame, pass));
        outputs.add(leaf(made.getLast()));
      }
      return new Cut(start, frame, made, outputs);
    }

    static Tensor leaf(Tensor x) {
      return x.detach().requiresGrad(true);
    }

    void backward() {
      for (int layer = made.size() - 1; layer >= 0; layer--) {
        made.get(layer).backward(gradient(outputs.get(layer + 1)));
      }
      start.hidden().backward(gradient(outputs.getFirst()));
      Tensor mask = start.frame().mask();
      if (mask != null && mask.requiresGrad() && frame.mask() != null) {
        mask.backward(gradient(frame.mask()));
      }
    }

    static Tensor gradient(Tensor leaf) {
      return Objects.requireNonNull(leaf.grad(), "no gradient has come down");
    }
  }

  /** Buckets by the reference, of distances to the left. */
  @ParameterizedTest
  @CsvSource({
    "32, 128, true, 7 8 11 12 15 16 31 32 63 64 90 91 300, 7 8 8 9 9 10 11 12 13 14 14 15 15",
    "32, 128, false, 15 16 18 19 31 32 63 64 112 113 300, 15 16 16 17 21 21 26 26 30 31 31",
    "8, 20, true, 1 2 6 7 90, 1 2 2 3 3",
    "64, 256, true, 15 16 19 20 63 64 127 128 300, 15 16 16 17 23 24 27 28 31",
    "32, 1000, false, 16 20 21 26 27 274 275, 16 16 17 17 18 26 27"
  })
  void distancesFallIntoTheReferencesBuckets(
      int buckets, int farthest, boolean both, String distances, String expected) {
    try (Scope scope = Scope.open()) {
      Embedding table =
          new Embedding("bias", new Parameter("bias.weight", Tensors.zeros(buckets, 4)));
      RelativePositions positions = new RelativePositions(table, farthest, both);
      String actual =
          Arrays.stream(distances.split(" "))
              .map(d -> String.valueOf(positions.bucket(-Integer.parseInt(d))))
              .reduce((a, b) -> a + " " + b)
              .orElse("");
      assertEquals(expected, actual);
      assertEquals(both ? buckets / 2 + 1 : 0, positions.bucket(1));
    }
  }
}
