package dev.hone.method;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyEncoders;
import dev.hone.TinyModels;
import dev.hone.error.HoneException;
import dev.hone.model.Model;
import dev.hone.model.Parameter;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LayerGroupsTest {

  /** The group of every parameter whose name matches. */
  private static void assertGroup(int group, Model model, LayerGroups groups, String names) {
    List<String> found =
        model.parameters().stream().map(Parameter::name).filter(n -> n.matches(names)).toList();
    assertTrue(!found.isEmpty(), names);
    found.forEach(name -> assertEquals(group, groups.of(name), name));
  }

  private static List<String> names(LayerGroups groups) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < groups.count(); i++) {
      names.add(groups.name(i));
    }
    return names;
  }

  @Test
  void embeddingsThenEachBlockThenTheHead() {
    try (Model model = TinyModels.llama()) {
      LayerGroups groups = new LayerGroups(model, 0);
      assertEquals(List.of("embeddings", "block 0", "block 1", "head"), names(groups));
      assertGroup(0, model, groups, "model.embed_tokens.*");
      assertGroup(1, model, groups, "model.layers.0.*");
      assertGroup(2, model, groups, "model.(layers.1|norm).*");
      assertGroup(3, model, groups, "lm_head.*");
    }
  }

  @Test
  void aTiedHeadIsTheEmbeddings() {
    try (Model model = TinyModels.gpt2()) {
      LayerGroups groups = new LayerGroups(model, 0);
      assertEquals(List.of("embeddings", "block 0", "block 1"), names(groups));
      assertGroup(0, model, groups, "transformer.w[tp]e.*");
      assertGroup(2, model, groups, "transformer.(h.1|ln_f).*");
    }
  }

  @Test
  void anEncodersPoolerBelongsToItsHead() {
    try (Model model = TinyModels.bert("BertForSequenceClassification")) {
      LayerGroups groups = new LayerGroups(model, 0);
      assertGroup(0, model, groups, "bert.embeddings.*");
      assertGroup(2, model, groups, "bert.encoder.layer.1.*");
      assertGroup(3, model, groups, "(bert.pooler|classifier).*");
    }
  }

  @Test
  void anEncoderLiesBelowItsDecoder() {
    try (Model model = TinyModels.random(TinyModels.t5Config("{}"))) {
      LayerGroups groups = new LayerGroups(model, 0);
      assertEquals(6, groups.count()); // a tied table, two blocks and three
      assertGroup(0, model, groups, "shared.*");
      assertGroup(2, model, groups, "encoder.(block.1|final_layer_norm).*");
      assertGroup(3, model, groups, "decoder.block.0.*");
      assertGroup(5, model, groups, "decoder.(block.2|final_layer_norm).*");
    }
  }

  /** What all blocks share changes what the lowest of them gives. */
  @Test
  void whatBlocksShareGoesWithTheLowest() {
    try (Model deberta =
            TinyModels.random(TinyEncoders.config("DebertaV2ForSequenceClassification", "{}"));
        Model albert =
            TinyModels.random(TinyEncoders.config("AlbertForSequenceClassification", "{}"))) {
      LayerGroups groups = new LayerGroups(deberta, 0);
      assertEquals(4, groups.count());
      List.of("deberta.encoder.rel_embeddings.weight", "deberta.encoder.LayerNorm.weight")
          .forEach(name -> assertTrue(groups.of(name) <= 1, name));
      assertEquals(3, new LayerGroups(albert, 0).count(), "three blocks of one set of weights");
    }
  }

  @Test
  void blocksAreJoinedEvenly() {
    try (Model model = TinyModels.random(TinyModels.llamaConfig("{'num_hidden_layers': 5}"))) {
      LayerGroups two = new LayerGroups(model, 2);
      assertEquals(List.of("embeddings", "blocks 0-2", "blocks 3-4", "head"), names(two));
      assertGroup(1, model, two, "model.layers.[012].*");
      assertGroup(2, model, two, "model.(layers.[34]|norm).*");
      assertEquals(7, two.layers());
      assertEquals(3, two.layer("model.layers.2.mlp.up_proj.weight"));
      HoneException refused = assertThrows(HoneException.class, () -> new LayerGroups(model, 6));
      assertEquals(
          "train.layers.blockGroups: 6, but LlamaForCausalLM has 5 layers", refused.getMessage());
    }
  }

  static Stream<MethodCases.Case> adapters() {
    return MethodCases.peft();
  }

  /** An adapter's tensor belongs to the layer that its name tells, whatever it is called there. */
  @ParameterizedTest
  @MethodSource("adapters")
  void adaptersHaveTheGroupOfTheirModule(MethodCases.Case c) {
    try (Model model = TinyModels.random(c.model());
        Method method = Methods.attach(c.config(), model)) {
      LayerGroups groups = new LayerGroups(model, 0);
      for (String name : method.trainable().keySet()) {
        for (int block = 0; block < 2; block++) {
          if (name.contains("." + block + ".")) {
            assertEquals(1 + block, groups.of(name), name);
          }
        }
        if (name.contains("classifier")) {
          assertEquals(3, groups.of(name), name);
        }
        if (name.matches(".*(embed_tokens|wte|wpe|word_embeddings).*")) {
          assertEquals(0, groups.of(name), name);
        }
      }
    }
  }

  @Test
  void aTensorWithoutALayerIsRefused() {
    try (Model model = TinyModels.llama()) {
      LayerGroups groups = new LayerGroups(model, 0);
      HoneException refused =
          assertThrows(HoneException.class, () -> groups.of("prompt_embeddings"));
      assertTrue(
          String.valueOf(refused.getMessage())
              .startsWith("train.layers: 'prompt_embeddings' belongs to no layer of Llama"),
          refused.getMessage());
    }
  }
}
