package dev.hone.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyModels;
import dev.hone.error.HoneException;
import dev.hone.model.family.Families;
import dev.hone.store.TorchFile;
import dev.hone.tensor.Engine;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.NativeMemory;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** AWD-LSTM against its formulas in double precision, one number at a time. */
class RecurrentTest {
  private static final int[] IDS = {3, 14, 15, 92, 65, 35, 89, 79, 32, 38, 46, 26, 43};
  private static final String UNDROPPED =
      "'embedding_dropout': 0.0, 'input_dropout': 0.0, 'hidden_dropout': 0.0,"
          + " 'weight_dropout': 0.0, 'output_dropout': 0.0";

  @TempDir Path folder;

  /** Parameters as plain numbers. */
  private record Plain(Map<String, float[]> values) {
    static Plain of(Model model) {
      Map<String, float[]> values = new HashMap<>();
      model.parameters().forEach(p -> values.put(p.name(), p.value().toFloats()));
      return new Plain(values);
    }

    float[] get(String name) {
      float[] found = values.get(name);
      if (found == null) {
        throw new AssertionError(name);
      }
      return found;
    }

    /** W x, W row-major. */
    static double[] times(float[] w, double[] x) {
      double[] y = new double[w.length / x.length];
      for (int i = 0; i < w.length; i++) {
        y[i / x.length] += w[i] * x[i % x.length];
      }
      return y;
    }

    private static double sigmoid(double x) {
      return 1 / (1 + Math.exp(-x));
    }

    double[][] hidden(int layers, int... ids) {
      float[] table = get("model.embed_tokens.weight");
      int width = table.length / TinyModels.VOCAB;
      double[][] x = new double[ids.length][width];
      for (int t = 0; t < ids.length; t++) {
        for (int i = 0; i < width; i++) {
          x[t][i] = table[ids[t] * width + i];
        }
      }
      for (int layer = 0; layer < layers; layer++) {
        x = layer("model.layers." + layer + ".", x);
      }
      return x;
    }

    private double[][] layer(String at, double[][] x) {
      float[] bias = get(at + "bias_ih");
      int n = bias.length / 4;
      double[] h = new double[n];
      double[] c = new double[n];
      double[][] out = new double[x.length][];
      for (int t = 0; t < x.length; t++) {
        double[] gates = times(get(at + "weight_ih"), x[t]);
        double[] own = times(get(at + "weight_hh"), h);
        for (int i = 0; i < 4 * n; i++) {
          gates[i] += own[i] + bias[i] + get(at + "bias_hh")[i];
        }
        double[] next = new double[n];
        for (int i = 0; i < n; i++) {
          c[i] = sigmoid(gates[n + i]) * c[i] + sigmoid(gates[i]) * Math.tanh(gates[2 * n + i]);
          next[i] = sigmoid(gates[3 * n + i]) * Math.tanh(c[i]);
        }
        h = next;
        out[t] = h;
      }
      return out;
    }

    double[] norm(String at, double[] x) {
      double[] y = new double[x.length];
      for (int i = 0; i < x.length; i++) {
        double spread = Math.sqrt(get(at + ".running_var")[i] + 1e-5);
        y[i] =
            (x[i] - get(at + ".running_mean")[i]) / spread * get(at + ".weight")[i]
                + get(at + ".bias")[i];
      }
      return y;
    }
  }

  private static float[] floats(double[] values) {
    float[] narrow = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      narrow[i] = (float) values[i];
    }
    return narrow;
  }

  private static float[] logits(Model model, int... ids) {
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      return model.logits(TinyModels.inputs(ids), Pass.plain()).toFloats();
    }
  }

  @Test
  void wordsArePredictedByTheFormula() {
    try (Model model = TinyModels.random(TinyModels.awdLstmConfig("{}"))) {
      Plain plain = Plain.of(model);
      double[][] hidden = plain.hidden(3, IDS);
      float[] actual = logits(model, IDS);
      for (int t = 0; t < IDS.length; t++) {
        double[] row = Plain.times(plain.get("model.embed_tokens.weight"), hidden[t]);
        for (int v = 0; v < row.length; v++) {
          row[v] += plain.get("lm_head.bias")[v];
        }
        float[] got = Arrays.copyOfRange(actual, t * row.length, (t + 1) * row.length);
        assertArrayEquals(floats(row), got, 1e-5f, "position " + t);
      }
    }
  }

  /** Windows of 5, of which those count that begin among the last 8 positions. */
  @ParameterizedTest
  @CsvSource({"1, 0", "5, 0", "8, 0", "9, 5", "12, 5", "13, 5"})
  void rowsAreClassifiedByTheFormula(int length, int first) {
    try (Model model = TinyModels.random(TinyModels.awdLstmClassifier())) {
      Plain plain = Plain.of(model);
      int[] ids = Arrays.copyOf(IDS, length);
      double[][] hidden = plain.hidden(3, ids);
      int n = hidden[0].length;
      double[] pooled = new double[3 * n];
      for (int i = 0; i < n; i++) {
        int at = i;
        pooled[i] = hidden[length - 1][i];
        pooled[n + i] =
            IntStream.range(first, length).mapToDouble(t -> hidden[t][at]).max().orElseThrow();
        pooled[2 * n + i] =
            IntStream.range(first, length).mapToDouble(t -> hidden[t][at]).average().orElseThrow();
      }
      double[] inner =
          Plain.times(
              plain.get("classifier.dense.weight"), plain.norm("classifier.pooled_norm", pooled));
      double[] active = Arrays.stream(inner).map(v -> Math.max(0, v)).toArray();
      double[] wanted =
          Plain.times(
              plain.get("classifier.out.weight"), plain.norm("classifier.dense_norm", active));
      assertArrayEquals(floats(wanted), logits(model, ids), 2e-5f);
    }
  }

  /** Which of the ids a gradient of the logits of the last position reaches. */
  private static boolean[] reached(Model model, int... ids) {
    Parameter table = model.parameters().getFirst();
    Adapter trained =
        new Adapter() {
          @Override
          public Tensor value(Parameter parameter) {
            return parameter == table ? leaf : parameter.value();
          }

          final Tensor leaf = table.value().detach().requiresGrad(true);
        };
    Tensor logits = model.logits(TinyModels.inputs(ids), Pass.plain().with(trained));
    Tensor last = logits.rank() == 3 ? logits.select(1, ids.length - 1L) : logits;
    last.square().sum().backward();
    Tensor grad = trained.value(table).grad();
    float[] sums = grad == null ? new float[TinyModels.VOCAB] : grad.abs().sum(1).toFloats();
    boolean[] reached = new boolean[ids.length];
    for (int t = 0; t < ids.length; t++) {
      reached[t] = sums[ids[t]] > 0;
    }
    return reached;
  }

  @Test
  void gradientsEndWhereTheWindowBegins() {
    try (Model model =
            TinyModels.random(TinyModels.awdLstmConfig("{'tie_word_embeddings': false}"));
        Scope scope = Scope.open();
        GradMode on = GradMode.on()) {
      boolean[] wanted = new boolean[IDS.length];
      Arrays.fill(wanted, 10, 13, true);
      assertArrayEquals(wanted, reached(model, IDS));
    }
  }

  @Test
  void onlyPooledWindowsOfALongRowHaveAGradient() {
    try (Model model = TinyModels.random(TinyModels.awdLstmClassifier());
        Scope scope = Scope.open();
        GradMode on = GradMode.on()) {
      boolean[] wanted = new boolean[IDS.length];
      Arrays.fill(wanted, 5, 13, true);
      assertArrayEquals(wanted, reached(model, IDS));
      boolean[] all = new boolean[8];
      Arrays.fill(all, true);
      assertArrayEquals(all, reached(model, Arrays.copyOf(IDS, 8)));
    }
  }

  /** What reaches the head, of two rows, in training with one kind of dropout. */
  private static <T> T dropped(String extra, Function<Tensor, T> seen, long... ids) {
    String config = TinyModels.awdLstmConfig("{" + UNDROPPED + "}");
    try (Model model = TinyModels.random(TinyModels.merged(config, extra));
        Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      Engine.seed(5);
      Inputs inputs = Inputs.of(Tensors.of(ids, 2, ids.length / 2));
      return seen.apply(model.backbone().forward(inputs, Pass.plain().train(-1)));
    }
  }

  @Test
  void aRowHasOneMaskOverAllPositions() {
    boolean[][] zero =
        dropped(
            "{'output_dropout': 0.5}",
            hidden -> {
              float[] all = hidden.toFloats();
              int width = (int) hidden.size(2);
              boolean[][] zeros = new boolean[all.length / width][width];
              for (int i = 0; i < all.length; i++) {
                zeros[i / width][i % width] = all[i] == 0;
              }
              return zeros;
            },
            5,
            6,
            7,
            8,
            5,
            6,
            7,
            8);
    for (int t = 1; t < 4; t++) {
      assertArrayEquals(zero[0], zero[t]);
      assertArrayEquals(zero[4], zero[4 + t]);
    }
    assertFalse(Arrays.equals(zero[0], zero[4]), "rows have masks of their own");
  }

  /** The same rows side by side: only masks that rows share leave them alike. */
  @ParameterizedTest
  @ValueSource(strings = {"embedding_dropout", "weight_dropout"})
  void wordsAndWeightsAreDroppedForAllRows(String key) {
    long[] ids = {5, 6, 7, 8, 5, 6, 7, 8};
    float[] with = dropped("{'" + key + "': 0.5}", Tensor::toFloats, ids);
    float[] without = dropped("{}", Tensor::toFloats, ids);
    int half = with.length / 2;
    float[] first = Arrays.copyOf(with, half);
    assertEquals(0, TinyModels.distance(first, Arrays.copyOfRange(with, half, 2 * half)), 1e-6);
    assertTrue(TinyModels.distance(with, without) > 1e-3);
  }

  @ParameterizedTest
  @ValueSource(strings = {"input_dropout", "hidden_dropout"})
  void whatGoesBetweenLayersIsDroppedByRow(String key) {
    long[] ids = {5, 6, 7, 8, 5, 6, 7, 8};
    float[] with = dropped("{'" + key + "': 0.5}", Tensor::toFloats, ids);
    int half = with.length / 2;
    float[] first = Arrays.copyOf(with, half);
    assertTrue(TinyModels.distance(first, Arrays.copyOfRange(with, half, 2 * half)) > 1e-3);
  }

  /** A layer that is computed again begins with the state that it began with. */
  @Test
  void checkpointsChangeNoGradient() {
    try (Model model = TinyModels.random(TinyModels.awdLstmConfig("{}"));
        Scope scope = Scope.open()) {
      float[][] grads = new float[2][];
      for (int i = 0; i < 2; i++) {
        Parameter own = model.parameters().get(2);
        Tensor leaf = own.value().detach().requiresGrad(true);
        Adapter adapter =
            new Adapter() {
              @Override
              public Tensor value(Parameter parameter) {
                return parameter == own ? leaf : parameter.value();
              }
            };
        try (KeyValueCache cache = new KeyValueCache(0);
            dev.hone.tensor.Tape tape = dev.hone.tensor.Tape.open();
            GradMode on = GradMode.on()) {
          Pass pass = Pass.plain().with(adapter).with(cache);
          model.backbone().forward(TinyModels.inputs(1, 2, 3), pass);
          Pass again = i == 0 ? pass : pass.checkpointing(3);
          Tensor hidden = model.backbone().forward(TinyModels.inputs(4, 5, 6), again);
          tape.backward(hidden.square().sum());
        }
        grads[i] = leaf.grad() == null ? new float[0] : leaf.grad().toFloats();
      }
      assertTrue(grads[0].length > 0);
      assertArrayEquals(grads[0], grads[1], 1e-6f);
    }
  }

  private static String fastai(String name) {
    return switch (name) {
      case "model.embed_tokens.weight" -> "0.encoder.weight";
      case "lm_head.bias" -> "1.decoder.bias";
      case "classifier.dense.weight" -> "1.layers.0.2.weight";
      case "classifier.out.weight" -> "1.layers.1.2.weight";
      default ->
          name.replaceFirst("classifier.pooled_norm", "1.layers.0.0")
              .replaceFirst("classifier.dense_norm", "1.layers.1.0")
              .replaceFirst("model.layers.(\\d).weight_hh", "0.rnns.$1.weight_hh_l0_raw")
              .replaceFirst("model.layers.(\\d).(\\w+)$", "0.rnns.$1.module.$2_l0");
    };
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.", "0.module.", ""})
  void fastaisNamesAreUnderstood(String encoder) {
    String config =
        encoder.isEmpty() ? TinyModels.awdLstmConfig("{}") : TinyModels.awdLstmClassifier();
    if (encoder.equals("0.")) {
      config = TinyModels.awdLstmConfig("{}");
    }
    try (Model model = TinyModels.random(config);
        Scope scope = Scope.open()) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      model
          .parameters()
          .forEach(p -> tensors.put(fastai(p.name()).replaceFirst("^0\\.", encoder), p.value()));
      String copy = encoder + "encoder_dp.emb.weight";
      tensors.put(copy, model.parameters().getFirst().value());
      TinyModels.write(folder, config, tensors);
      long before = NativeMemory.objects();
      try (Model loaded = Families.load(folder)) {
        assertArrayEquals(logits(model, IDS), logits(loaded, IDS), 1e-5f);
        assertEquals(List.of(copy), loaded.surplus());
        assertEquals(List.of(), loaded.made());
        assertEquals(
            model.parameters().stream().map(Parameter::name).toList(),
            loaded.parameters().stream().map(Parameter::name).toList());
        ModelFiles.write(folder.resolve("again"), loaded, Map.of(), dev.hone.tensor.DType.F32);
      }
      try (Model again = Families.load(folder.resolve("again"))) {
        assertArrayEquals(logits(model, IDS), logits(again, IDS), 1e-5f);
      }
      assertEquals(before, NativeMemory.objects());
      tensors.remove(encoder + "rnns.1.weight_hh_l0_raw");
      TinyModels.write(folder, config, tensors);
      var refused = assertThrows(HoneException.class, () -> Families.load(folder));
      assertTrue(
          String.valueOf(refused.getMessage()).contains(encoder + "rnns.1.weight_hh_l0_raw"));
    }
  }

  private Map<String, Tensor> ofALearner(Model model) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    model.parameters().forEach(p -> tensors.put(fastai(p.name()), p.value()));
    tensors.put("0.encoder_dp.emb.weight", model.parameters().getFirst().value());
    return tensors;
  }

  /** As {@code learn.save} leaves it without the optimiser. */
  @Test
  void aLearnersFileOpens() throws IOException {
    String config = TinyModels.awdLstmConfig("{}");
    Files.writeString(folder.resolve("config.json"), config);
    try (Model model = TinyModels.random(config);
        Scope scope = Scope.open()) {
      TorchFile.write(folder.resolve("finetuned.pth"), ofALearner(model));
      long before = NativeMemory.objects();
      try (Model loaded = Families.load(folder)) {
        assertArrayEquals(logits(model, IDS), logits(loaded, IDS), 1e-6f);
      }
      assertEquals(before, NativeMemory.objects());
    }
  }

  /** As {@code learn.save_encoder} leaves it: a classifier's layers, but nothing that writes. */
  @Test
  void aLearnersEncoderBecomesAClassifier() throws IOException {
    String config = TinyModels.awdLstmConfig("{}");
    Files.writeString(folder.resolve("config.json"), config);
    try (Model model = TinyModels.random(config);
        Scope scope = Scope.open()) {
      Map<String, Tensor> encoder = new LinkedHashMap<>();
      ofALearner(model)
          .forEach(
              (name, value) -> {
                if (name.startsWith("0.")) {
                  encoder.put(name.substring(2), value);
                }
              });
      TorchFile.write(folder.resolve("encoder.pth"), encoder);
      try (Model classifier = Families.classifier(folder, List.of("a", "b"))) {
        assertTrue(classifier.made().stream().allMatch(n -> n.startsWith("classifier.")));
        assertEquals(2, logits(classifier, IDS).length);
      }
    }
    var refused = assertThrows(HoneException.class, () -> Families.load(folder));
    assertTrue(String.valueOf(refused.getMessage()).contains("decoder.bias"));
  }

  /** A language model becomes a classifier: its layers stay, the head is new. */
  @Test
  void aLanguageModelGetsAHead() {
    String config = TinyModels.awdLstmConfig("{}");
    try (Model model = TinyModels.random(config)) {
      TinyModels.write(folder, config, model, n -> n);
      try (Model classifier = Families.classifier(folder, List.of("a", "b"))) {
        assertEquals("AwdLstmForSequenceClassification", classifier.architecture());
        assertTrue(classifier.made().stream().allMatch(n -> n.startsWith("classifier.")));
        assertEquals(List.of("lm_head.bias"), classifier.surplus());
        assertEquals(2, logits(classifier, IDS).length);
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "{'weight_dropout': 1.0}; weight_dropout",
        "{'num_hidden_layers': 0}; num_hidden_layers",
        "{'embedding_size': '24'}; embedding_size",
        "{'bptt': 9}; max_len",
        "{'bptt': 0}; bptt",
        "{'qrnn': true}; qrnn",
        "{'bidirectional': true}; bidirectional"
      })
  void whatIsNotBuiltIsRefusedByName(String extra, String key) {
    String config = TinyModels.merged(TinyModels.awdLstmClassifier(), extra.replace("'24'", "'x'"));
    var refused = assertThrows(HoneException.class, () -> TinyModels.random(config));
    assertTrue(String.valueOf(refused.getMessage()).contains(key), refused.getMessage());
  }
}
