package dev.hone.issues;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.hone.TinyModels;
import dev.hone.config.Yaml;
import dev.hone.error.HoneException;
import dev.hone.method.Methods;
import dev.hone.model.Model;
import dev.hone.recipe.Recipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A misspelt layer, exclusion or pattern was passed over; with layer 99 an adapter was empty. */
class WordThatMeansNothingTest {
  @TempDir Path folder;

  private void refused(String message, String method) throws IOException {
    Path file = Files.writeString(folder.resolve("recipe.yaml"), "method: {" + method + "}\n");
    Recipe recipe = Yaml.read(file, Recipe.class, List.of());
    try (Model model = TinyModels.llama()) {
      HoneException refused =
          assertThrows(
              HoneException.class, () -> Methods.attach(recipe.method(), model).close(), method);
      assertEquals(message, refused.getMessage());
    }
  }

  @Test
  void layers() throws IOException {
    refused(
        "layersToTransform: layer 99, but the layers are 0 to 1",
        "type: lora, layersToTransform: [0, 99]");
    refused(
        "layersToTransform: layer -1, but the layers are 0 to 1",
        "type: vera, layersToTransform: [-1]");
    refused(
        "layersPattern: no module of LlamaForCausalLM lies in such layers",
        "type: lora, layersToTransform: [0], layersPattern: [blocks]");
  }

  @Test
  void exclusions() throws IOException {
    refused(
        "excludeModules: LlamaForCausalLM has no module 'q_prj' (did you mean 'q_proj'?)",
        "type: lora, excludeModules: [q_prj]");
    refused(
        "targetModules: excludeModules, modulesToSave and layersToTransform leave none of the"
            + " targets",
        "type: lora, excludeModules: ['regex:.*']");
  }

  @Test
  void patterns() throws IOException {
    refused(
        "rankPattern: 'q_prj' fits none of the modules that are adapted",
        "type: lora, rankPattern: {q_prj: 4}");
    refused(
        "alphaPattern: 'k_proj' fits none of the modules that are adapted",
        "type: lokr, targetModules: [q_proj], alphaPattern: {k_proj: 4}");
  }

  @Test
  void feedforwardOfIa3() throws IOException {
    refused(
        "feedforwardModules: 'up_proj' is none of the targets; name it in targetModules too",
        "type: ia3, targetModules: [q_proj], feedforwardModules: [up_proj]");
  }

  @Test
  void ranksOfAdaLora() throws IOException {
    refused(
        "method.targetRank is 8, more than method.initRank, 4: adalora only takes ranks away; begin"
            + " with about one and a half times the target",
        "type: adalora, initRank: 4, targetRank: 8");
  }
}
