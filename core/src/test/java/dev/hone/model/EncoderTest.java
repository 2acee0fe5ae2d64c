package dev.hone.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyEncoders;
import dev.hone.TinyModels;
import dev.hone.data.Batch;
import dev.hone.data.TokenRow;
import dev.hone.error.HoneException;
import dev.hone.model.family.Families;
import dev.hone.tensor.DType;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What holds for every encoder family, whatever its weights. */
class EncoderTest {
  @TempDir Path folder;

  @ParameterizedTest(name = "{index}")
  @MethodSource("dev.hone.TinyEncoders#all")
  void aRowIsTheSameAloneAndBesideOthers(String config) {
    List<TokenRow> rows = TinyModels.rows(3, 5);
    try (Model model = TinyModels.random(config);
        GradMode off = GradMode.off()) {
      for (TokenRow row : rows) {
        float[] alone = logits(model, List.of(row), row);
        assertEquals(0, TinyModels.distance(alone, logits(model, rows, row)), 1e-5, row.origin());
      }
      float[] one = logits(model, rows, rows.get(0));
      float[] other = logits(model, rows, rows.get(1));
      assertTrue(Math.abs(one[0] - other[0]) > 1e-4, "rows do not differ");
    }
  }

  /** The logits of one row's real tokens, or of the row. */
  private static float[] logits(Model model, List<TokenRow> rows, TokenRow wanted) {
    try (Scope scope = Scope.open()) {
      Tensor all = model.logits(Inputs.of(Batch.of(rows, 0)), Pass.plain());
      Tensor row = all.select(0, rows.indexOf(wanted));
      return row.rank() == 1 && row.size(0) < 4
          ? row.toFloats()
          : row.narrow(0, 0, wanted.length()).toFloats();
    }
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("dev.hone.TinyEncoders#all")
  void whatIsWrittenLoadsBitForBit(String config) {
    try (Model model = TinyModels.random(config)) {
      TinyModels.write(folder, config, model, UnaryOperator.identity());
      try (Model loaded = Families.load(folder)) {
        assertEquals(model.parameters().size(), loaded.parameters().size());
        for (int i = 0; i < model.parameters().size(); i++) {
          Parameter expected = model.parameters().get(i);
          assertEquals(expected.name(), loaded.parameters().get(i).name());
          assertTrue(expected.value().contentEquals(loaded.parameters().get(i).value()));
        }
        assertEquals(List.of(), loaded.made());
        assertEquals(List.of(), loaded.surplus());
      }
    }
  }

  /** One tensor of the backbone, in the middle of the file, is damaged in four ways. */
  @ParameterizedTest(name = "{index}")
  @MethodSource("dev.hone.TinyEncoders#classifiers")
  void aTensorThatIsNotAsExpectedIsNamed(String config) {
    assertRefused(config, (tensors, name) -> tensors.remove(name), "missing");
    assertRefused(
        config, (tensors, name) -> tensors.put(name + "x", tensors.remove(name)), "did you mean");
    assertRefused(config, (tensors, name) -> tensors.put(name, Tensors.ones(31)), "[31]");
    assertRefused(
        config,
        (tensors, name) -> tensors.compute(name, (n, t) -> t == null ? null : t.to(DType.I8)),
        "I8");
  }

  private void assertRefused(
      String config, BiConsumer<Map<String, Tensor>, String> damage, String why) {
    try (Scope scope = Scope.open();
        Model model = TinyModels.random(config)) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      model.parameters().forEach(p -> tensors.put(p.name(), p.value()));
      String name = model.parameters().get(model.parameters().size() / 2).name();
      damage.accept(tensors, name);
      TinyModels.write(folder, config, tensors);
      String message =
          String.valueOf(
              assertThrows(HoneException.class, () -> Families.load(folder)).getMessage());
      assertTrue(message.contains(name) && message.contains(why), message);
      assertEquals(1, message.lines().count(), message);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "BertForMaskedLM; {'position_embedding_type': 'relative_key'}; position_embedding_type",
        "BertForMaskedLM; {'is_decoder': true}; is_decoder",
        "RobertaForMaskedLM; {'add_cross_attention': true}; add_cross_attention",
        "RobertaForMaskedLM; {'pad_token_id': null}; pad_token_id",
        "BertForMaskedLM; {'num_attention_heads': 5}; num_attention_heads",
        "BertForMaskedLM; {'pruned_heads': {'0': [1]}}; pruned_heads",
        "BertForMaskedLM; {'hidden_act': 'gelo'}; gelo",
        "BertForSequenceClassification; {'problem_type': 'ranking'}; problem_type",
        "BertForQuestionAnswering; {'num_labels': 3}; num_labels",
        "DistilBertForMaskedLM; {'sinusoidal_pos_embds': true}; sinusoidal_pos_embds",
        "AlbertForMaskedLM; {'num_hidden_groups': 4}; num_hidden_groups",
        "ElectraForMultipleChoice; {'summary_type': 'mean'}; summary_type",
        "ElectraForMultipleChoice; {'summary_use_proj': false}; summary_use_proj",
        "DebertaV2ForMaskedLM; {'pos_att_type': 'c2p|p2p'}; pos_att_type",
        "DebertaV2ForMaskedLM; {'norm_rel_ebd': 'batch_norm'}; norm_rel_ebd",
        "DebertaV2ForMaskedLM; {'conv_kernel_size': 4}; conv_kernel_size",
        "DebertaV2ForMaskedLM; {'conv_kernel_size': 3, 'conv_groups': 2}; conv_groups",
        "DebertaV2ForMaskedLM; {'attention_head_size': 16}; attention_head_size",
        "DebertaV2ForSequenceClassification; {'pooler_hidden_size': 16}; pooler_hidden_size",
        "ModernBertForMaskedLM; {'layer_types': ['full_attention']}; layer_types",
        "ModernBertForMultipleChoice; {'classifier_pooling': 'max'}; classifier_pooling",
        "ModernBertForMaskedLM; {'rope_scaling': {'type': 'dynamic'}}; rope_scaling"
      })
  void whatIsNotBuiltIsRefusedByName(String architecture, String extra, String named) {
    HoneException refused =
        assertThrows(
            HoneException.class,
            () -> Families.random(TinyModels.config(TinyEncoders.config(architecture, extra))));
    String message = String.valueOf(refused.getMessage());
    assertTrue(message.contains(named), message);
    assertEquals(1, message.lines().count(), message);
  }

  /** A checkpoint of a backbone alone, named after it or by its model type only. */
  @ParameterizedTest
  @ValueSource(strings = {"['DebertaV2Model']", "[]"})
  void aBareBackboneBecomesAClassifier(String architectures) {
    String config = TinyEncoders.config("DebertaV2ForSequenceClassification", "{}");
    try (Model model = TinyModels.random(config);
        Scope scope = Scope.open()) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      model.parameters().stream()
          .filter(p -> p.name().startsWith("deberta."))
          .forEach(p -> tensors.put(p.name().substring(8), p.value()));
      String bare =
          TinyEncoders.config(
              "DebertaV2ForSequenceClassification",
              "{'model_type': 'deberta-v2', 'architectures': " + architectures + "}");
      TinyModels.write(folder, bare, tensors);
      try (Model loaded = Families.classifier(folder, List.of("a", "b", "c"))) {
        assertEquals("DebertaV2ForSequenceClassification", loaded.architecture());
        assertEquals(
            List.of(
                "pooler.dense.weight", "pooler.dense.bias", "classifier.weight", "classifier.bias"),
            loaded.made());
      }
    }
  }

  /** The oldest checkpoints of BERT call a norm's two vectors gamma and beta. */
  @Test
  void olderNamesOfNormsAreUnderstood() {
    String config = TinyEncoders.config("BertForMaskedLM", "{}");
    try (Model model = TinyModels.random(config)) {
      TinyModels.write(
          folder,
          config,
          model,
          n ->
              n.replace("LayerNorm.weight", "LayerNorm.gamma")
                  .replace("LayerNorm.bias", "LayerNorm.beta"));
      try (Model loaded = Families.load(folder)) {
        assertEquals(List.of(), loaded.surplus());
        assertEquals(
            "bert.embeddings.LayerNorm.gamma",
            loaded.fileNames().get("bert.embeddings.LayerNorm.weight"));
      }
    }
  }

  /** The table of distances is shared by all layers: each adds its part to the gradient. */
  @Test
  void gradientsOfTheSharedTableAreTheSameLayerByLayer() {
    try (Model model =
            TinyModels.random(TinyEncoders.config("DebertaV2ForTokenClassification", "{}"));
        Scope scope = Scope.open()) {
      Parameter table =
          model.parameters().stream()
              .filter(p -> p.name().endsWith("rel_embeddings.weight"))
              .findFirst()
              .orElseThrow();
      table.value().requiresGrad(true);
      Inputs inputs = Inputs.of(Batch.of(TinyModels.rows(4, 3), 0));
      model.backbone().forward(inputs, Pass.plain()).square().sum().backward();
      float[] whole = gradient(table);
      table.value().clearGrad();

      Stack stack = (Stack) model.backbone();
      Stack.Start start = stack.begin(inputs, Pass.plain());
      List<Tensor> ins = new ArrayList<>();
      Tensor x = start.hidden();
      for (Block block : stack.blocks()) {
        ins.add(x.detach().requiresGrad(true));
        x = block.forward(ins.getLast(), start.frame(), Pass.plain()).detach();
      }
      Tensor gradient = x.mul(2.0);
      for (int layer = ins.size() - 1; layer >= 0; layer--) {
        stack
            .blocks()
            .get(layer)
            .forward(ins.get(layer), start.frame(), Pass.plain())
            .backward(gradient);
        gradient = java.util.Objects.requireNonNull(ins.get(layer).grad());
      }
      assertEquals(0, TinyModels.distance(whole, gradient(table)), 1e-3);
    }
  }

  private static float[] gradient(Parameter parameter) {
    Tensor gradient = parameter.value().grad();
    assertNotNull(gradient);
    return gradient.toFloats();
  }
}
