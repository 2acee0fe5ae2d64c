package dev.hone.issues;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyEncoders;
import dev.hone.TinyModels;
import dev.hone.golden.CaseResult;
import dev.hone.golden.Golden;
import dev.hone.model.Inputs;
import dev.hone.model.Model;
import dev.hone.model.Parameter;
import dev.hone.model.Pass;
import dev.hone.store.TensorFile;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The reference leaves an axis of one number out, the logits of tokens without a label, or the loss
 * of padding; such a case was a miss.
 */
class GoldenOfAnotherShapeTest {
  private static final long[] IDS = {3, 14, 15, 92, 65, 35, 89, 0};
  private static final long[] MASK = {1, 1, 1, 1, 1, 1, 1, 0};

  @TempDir Path folder;

  /** Writes a case of what the model itself gives for labels, with its logits as recorded. */
  private CaseResult check(
      String config, Tensor labels, Tensor labelsInFile, UnaryOperator<Tensor> recorded)
      throws IOException {
    Path path = folder.resolve("case");
    try (Model model = TinyModels.random(config);
        Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      TinyModels.write(path, config, model, UnaryOperator.identity());
      Tensor ids = Tensors.of(IDS, 2, 4);
      Tensor mask = Tensors.of(MASK, 2, 4);
      Tensor logits = model.logits(new Inputs(ids, mask, null, null), Pass.plain());
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      tensors.put("input.input_ids", ids);
      tensors.put("input.attention_mask", mask);
      tensors.put("input.labels", labelsInFile);
      tensors.put("output.logits", recorded.apply(logits));
      tensors.put("output.loss", model.head().loss(logits, labels));
      TensorFile.write(path.resolve("golden.safetensors"), tensors);
      String names =
          model.parameters().stream()
              .map(Parameter::name)
              .collect(Collectors.joining("\", \"", "[\"", "\"]"));
      Files.writeString(path.resolve("golden.json"), "{\"params_without_grad\": " + names + "}");
    }
    List<CaseResult> results = Golden.check(path, result -> {});
    return results.getFirst();
  }

  @Test
  void oneNumberARow() throws IOException {
    try (Scope scope = Scope.open()) {
      Tensor labels = Tensors.of(new float[] {.5f, -1}, 2);
      String config =
          TinyEncoders.config("DebertaV2ForSequenceClassification", "{'num_labels': 1}");
      CaseResult result = check(config, labels, labels, logits -> logits.squeeze(-1));
      assertTrue(result.matches(), result.line());
    }
  }

  @Test
  void labelledTokensOnly() throws IOException {
    String config = TinyEncoders.config("ModernBertForMaskedLM", "{'sparse_prediction': true}");
    try (Scope scope = Scope.open()) {
      Tensor labels = Tensors.of(new long[] {-100, 7, -100, 9, 8, -100, -100, -100}, 2, 4);
      Tensor rows = Tensors.of(new long[] {1, 3, 4}, 3);
      CaseResult result =
          check(config, labels, labels, all -> all.reshape(8, all.size(2)).indexSelect(0, rows));
      assertTrue(result.matches(), result.line());
      Tensor others = Tensors.of(new long[] {1, 3, 5}, 3);
      CaseResult miss =
          check(config, labels, labels, all -> all.reshape(8, all.size(2)).indexSelect(0, others));
      assertFalse(miss.matches(), miss.line());
    }
  }

  @Test
  void replacedTokensWithoutPadding() throws IOException {
    String config = TinyEncoders.config("ElectraForPreTraining", "{}");
    try (Scope scope = Scope.open()) {
      Tensor labels = Tensors.of(new long[] {0, 1, 0, 0, 1, 1, 0, -100}, 2, 4);
      Tensor padded = Tensors.of(new long[] {0, 1, 0, 0, 1, 1, 0, 1}, 2, 4);
      CaseResult result = check(config, labels, padded, UnaryOperator.identity());
      assertTrue(result.matches(), result.line());
    }
  }
}
