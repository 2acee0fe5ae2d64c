package dev.hone.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyModels;
import dev.hone.method.Full;
import dev.hone.method.FullConfig;
import dev.hone.method.Method;
import dev.hone.method.Methods;
import dev.hone.method.lora.LoraConfig;
import dev.hone.model.Inputs;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FrozenLayersTest {
  @TempDir Path folder;

  private static FullConfig top(int layers) {
    return new FullConfig(FullConfig.Stored.F32, List.of("top-" + layers), List.of());
  }

  private static Inputs inputs() {
    long[] ids = {5, 9, 2, 7, 1, 3, 8, 8};
    long[] mask = {1, 1, 1, 1, 1, 1, 0, 0};
    return new Inputs(Tensors.of(ids, 2, 4), Tensors.of(mask, 2, 4), null, null);
  }

  @Test
  void countsWhatLiesBelowTheLowestLayerThatTrains() {
    try (Model model = TinyModels.random(TinyModels.llamaConfig("{}"));
        Method upper = new Full(top(1), model);
        Method all = new Full(model);
        Method lora = Methods.attach(LoraConfig.defaults(), model)) {
      assertEquals(1, FrozenLayers.count(model, upper));
      assertEquals(0, FrozenLayers.count(model, all));
      assertEquals(0, FrozenLayers.count(model, lora));
    }
  }

  @Test
  void givesWhatTheLayersGiveAndAgainFromTheFile() throws IOException {
    try (Model model = TinyModels.random(TinyModels.llamaConfig("{}"));
        Method method = new Full(top(1), model);
        Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      Pass plain = Pass.plain().with(method);
      Tensor expected = model.logits(inputs(), plain);
      for (int time = 0; time < 2; time++) {
        try (FrozenLayers known = FrozenLayers.open(folder, "base", model, 1)) {
          for (int again = 0; again < 2; again++) {
            Tensor actual = model.logits(inputs(), plain.above(known));
            for (int row = 0; row < 2; row++) {
              long real = row == 0 ? 4 : 2;
              Tensor difference =
                  actual
                      .select(0, row)
                      .narrow(0, 0, real)
                      .sub(expected.select(0, row).narrow(0, 0, real));
              // F16 has eleven bits.
              assertTrue(difference.abs().max().item() < 5e-3, "time " + time + ", " + again);
            }
          }
        }
      }
      try (var files = Files.list(folder)) {
        Path file = files.findFirst().orElseThrow();
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length - 3)); // killed while writing
      }
      try (FrozenLayers known = FrozenLayers.open(folder, "base", model, 1)) {
        Tensor actual = model.logits(inputs(), plain.above(known)).select(0, 0);
        assertTrue(actual.sub(expected.select(0, 0)).abs().max().item() < 5e-3);
      }
    }
  }

  @Test
  void anotherBaseHasAnotherFile() throws IOException {
    try (Model model = TinyModels.random(TinyModels.llamaConfig("{}"))) {
      FrozenLayers.open(folder, "one", model, 1).close();
      FrozenLayers.open(folder, "two", model, 1).close();
      FrozenLayers.open(folder, "two", model, 2).close();
      try (var files = Files.list(folder)) {
        assertEquals(3, files.count());
      }
    }
  }
}
