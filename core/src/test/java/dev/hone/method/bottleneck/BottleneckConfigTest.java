package dev.hone.method.bottleneck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.config.Yaml;
import dev.hone.error.HoneException;
import dev.hone.method.MethodCases;
import dev.hone.recipe.Recipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a recipe may say of bottlenecks. */
class BottleneckConfigTest {
  @TempDir Path folder;

  private BnConfig read(String keys) throws IOException {
    Path file = folder.resolve("recipe.yaml");
    Files.writeString(file, "method: {type: bottleneck" + keys + "}\n");
    return ((BottleneckConfig) Yaml.read(file, Recipe.class, List.of()).method()).settled();
  }

  @Test
  void thePresetSaysWhatTheRecipeLeavesOpen() throws IOException {
    assertEquals(BnConfig.houlsby(), read(""));
    assertEquals(BnConfig.pfeiffer(), read(", preset: pfeiffer"));
    assertEquals(BnConfig.parallel(), read(", preset: parallel"));
    assertEquals(
        MethodCases.changed(
            BnConfig.parallel(),
            Map.of(
                "scaling",
                BnConfig.Scaling.LEARNED,
                "reductionFactor",
                Map.of("default", 8.0),
                "nonLinearity",
                "gelu")),
        read(", preset: parallel, scaling: learned, reductionFactor: 8, nonLinearity: gelu"));
    assertEquals(0.5, read(", scaling: 0.5").factor());
  }

  @Test
  void theWayAroundIsNamedAsAdapterHubNamesIt() throws IOException {
    assertEquals(BnConfig.Residual.FALSE, read(", residualBeforeLn: false").residualBeforeLn());
    assertEquals(
        BnConfig.Residual.POST_ADD, read(", residualBeforeLn: post-add").residualBeforeLn());
  }

  @Test
  void aTypingErrorIsRefused() {
    refused(", scaling: lerned", "learned");
    refused(", nonLinearity: relo", "relu");
    refused(", name: a.b", "without dots");
    refused(", reduction: 8", "reductionFactor");
    refused(", preset: pfeifer", "pfeiffer");
  }

  private void refused(String keys, String expected) {
    HoneException refused = assertThrows(HoneException.class, () -> read(keys));
    assertTrue(String.valueOf(refused.getMessage()).contains(expected), refused.getMessage());
  }
}
