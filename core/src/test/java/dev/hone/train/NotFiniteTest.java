package dev.hone.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyModels;
import dev.hone.data.TokenRow;
import dev.hone.error.HoneException;
import dev.hone.method.Full;
import dev.hone.method.Method;
import dev.hone.method.lora.Lora;
import dev.hone.method.lora.LoraConfig;
import dev.hone.model.Model;
import dev.hone.store.TensorFile;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Numbers that run away stop the run with a reason, and never reach a file. */
class NotFiniteTest {
  @TempDir Path folder;

  /** Everything below the folder that holds tensors, and each of them finite. */
  private void assertFinite(int checkpoint) throws IOException {
    try (Stream<Path> all = Files.walk(folder);
        Scope scope = Scope.open()) {
      List<Path> files = all.filter(Files::isRegularFile).toList();
      assertTrue(files.stream().anyMatch(f -> f.toString().contains("step-" + checkpoint + "/")));
      for (Path file : files) {
        assertFalse(file.toString().contains(".part"), file.toString());
        if (file.toString().endsWith(".safetensors")) {
          TensorFile.read(file)
              .forEach((name, t) -> assertTrue(t.isFinite(), () -> file + ": " + name));
        }
      }
    }
  }

  private Trainer.Result trained(Map<String, Object> changes) {
    try (Model model = TinyModels.random(TinyModels.gpt2Config("{}"));
        Method full = new Full(model)) {
      Trainer trainer = Toy.trainer(model, full, Toy.config(changes), new TrainListener() {});
      return Toy.with(trainer, List.of(), folder, new StopSignal()).run();
    }
  }

  private String broken(Map<String, Object> changes) {
    HoneException refusal = assertThrows(HoneException.class, () -> trained(changes));
    return String.valueOf(refusal.getMessage());
  }

  @Test
  void aRateThatBlowsTheModelUpStopsTheRun() throws IOException {
    Map<String, Object> mad =
        Map.of("steps", 9, "rate", 1e30, "warmup", 0.0, "checkpointEvery", 1, "weightDecay", 0.0);
    for (int i = 0; i < 2; i++) { // the second time from the checkpoint
      String message = broken(mad);
      assertTrue(message.startsWith("step 2: the loss is not finite"), message);
      assertTrue(message.contains("output of layer 1"), message);
      assertTrue(message.contains("; rows: rows.jsonl:"), message);
      assertTrue(message.contains("rows.jsonl:1") && message.contains("rows.jsonl:2"), message);
      assertFinite(1);
    }
  }

  /** The step itself makes infinities: they never reach a file. */
  @Test
  void weightsThatOverflowAreNeverSaved() throws IOException {
    trained(Map.of("steps", 2, "rate", 1e-3, "checkpointEvery", 1));
    String message = broken(Map.of("steps", 9, "rate", 1e39, "warmup", 0.0, "checkpointEvery", 1));
    assertTrue(message.contains("step-3"), message);
    assertTrue(message.contains("transformer."), message);
    assertFinite(2);
    Trainer.Result result = trained(Map.of("steps", 4, "rate", 1e-3));
    assertEquals(4, result.state().step());
  }

  @Test
  void aPoisonedRowIsNamed() throws IOException {
    String json = TinyModels.gpt2Config("{'tie_word_embeddings': false}");
    TokenRow poisoned =
        new TokenRow(
            new int[] {1, 95, 3, 4},
            new boolean[] {false, true, true, true},
            0,
            "poisoned.jsonl:7");
    BatchPlan plan =
        Toy.plan(
            step -> {
              List<TokenRow> rows = new ArrayList<>();
              for (TokenRow row : TinyModels.rows(step, 4)) {
                int[] ids = Arrays.stream(row.ids()).map(id -> Math.min(id, 94)).toArray();
                rows.add(new TokenRow(ids, row.learned(), 0, row.origin()));
              }
              if (step == 3) {
                rows.set(2, poisoned);
              }
              return rows;
            });
    for (int micro : new int[] {0, 1}) {
      try (Model model = TinyModels.random(json);
          Lora lora = Lora.attach(LoraConfig.defaults(), model)) {
        try (Scope scope = Scope.open()) {
          model
              .parameters()
              .getFirst()
              .value()
              .narrow(0, 95, 1)
              .copyFrom(Tensors.full(3e38, 1, 32));
        }
        TrainConfig config =
            Toy.config(Map.of("steps", 9, "microBatch", micro, "checkpointEvery", 1));
        Trainer trainer =
            Toy.with(
                Toy.with(Toy.trainer(model, lora, config, new TrainListener() {}), plan),
                List.of(),
                folder,
                new StopSignal());
        String message =
            String.valueOf(assertThrows(HoneException.class, trainer::run).getMessage());
        assertTrue(message.startsWith("step 4"), message);
        assertTrue(message.contains("poisoned.jsonl:7"), message);
        assertTrue(message.contains("output of layer 1"), message);
        assertEquals(micro == 0, message.contains("rows.jsonl:1"), message);
        assertFinite(3);
      }
    }
  }
}
