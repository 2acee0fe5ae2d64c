package dev.hone.store.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.hone.error.HoneException;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ModelChoiceTest {
  private static final Repo REPO = Repo.model("someone/mood");

  private static Set<String> needed(String... files) {
    return Set.copyOf(ModelChoice.needed(REPO, List.of(files)));
  }

  @Test
  void oneFormOfAdapterHubsTensorsIsEnough() {
    String config = "adapter_config.json";
    assertEquals(
        Set.of(config, "adapter.safetensors"),
        needed(config, "adapter.safetensors", "pytorch_adapter.bin", "README.md"));
    assertEquals(
        Set.of(config, "pytorch_adapter.bin", "head_config.json", "pytorch_model_head.bin"),
        needed(config, "pytorch_adapter.bin", "head_config.json", "pytorch_model_head.bin"));
  }

  @Test
  void aModelAsPickleIsNot() {
    assertThrows(HoneException.class, () -> needed("config.json", "pytorch_model.bin"));
    assertThrows(HoneException.class, () -> needed("config.json", "pytorch_adapter.bin"));
  }
}
