package dev.hone.app;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.Adapters;
import dev.hone.Adapters.Request;
import dev.hone.Hone;
import dev.hone.TunedModel;
import dev.hone.error.HoneException;
import dev.hone.generate.GenerationConfig;
import dev.hone.method.lora.Combination;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;

/** Several adapters on one base, from Java and from the command line. */
@TestInstance(Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init") // made before the first test
class SeveralAdaptersTest {
  private static final GenerationConfig GREEDY = GenerationConfig.greedy(12);
  private static final String TEXT = "the good lamp was late today";

  private Path folder;
  private TinyWorld world;

  @BeforeAll
  void twoRuns(@TempDir Path empty) {
    folder = empty;
    world = new TinyWorld(folder);
    world.train("name=a", "train.steps=30", "method.targetModules=[q_proj, v_proj]").succeeded();
    world.train("name=b", "train.steps=30", "method.rank=4", "seed=2").succeeded();
  }

  private Path run(String name) {
    return folder.resolve("runs").resolve(name);
  }

  private Adapters both() {
    return Hone.adapters(folder.resolve("base")).load("a", run("a")).load("b", run("b"));
  }

  private String alone(String name, String text) {
    try (TunedModel model = Hone.open(run(name))) {
      return model.generate(text, GREEDY);
    }
  }

  @Test
  void eachIsAskedAloneAndInOneBatch() throws Exception {
    String bare;
    try (TunedModel base = Hone.open(folder.resolve("base"))) {
      bare = base.generate("a tea", GREEDY);
    }
    List<Request> requests =
        List.of(
            new Request("a", TEXT),
            new Request(null, "a tea"),
            new Request("b", TEXT + " again and again"),
            new Request("b", "bad"),
            new Request("a", "bad"));
    List<String> expected = new ArrayList<>();
    for (Request request : requests) {
      expected.add(request.adapter() == null ? bare : alone(request.adapter(), request.text()));
    }
    assertNotEquals(expected.get(3), expected.get(4));
    try (Adapters adapters = both()) {
      assertEquals(List.of("a", "b"), List.copyOf(adapters.names()));
      assertEquals(expected, adapters.generate(requests, GREEDY));
      assertEquals(bare, adapters.off().generate("a tea", GREEDY));
      List<Callable<String>> asked = new ArrayList<>();
      for (Request request : requests.subList(2, 5)) {
        String name = Objects.requireNonNull(request.adapter());
        asked.add(() -> adapters.get(name).generate(request.text(), GREEDY));
      }
      try (var threads = Executors.newFixedThreadPool(2)) {
        List<String> answers = new ArrayList<>();
        for (Future<String> answer : threads.invokeAll(asked)) {
          answers.add(answer.get());
        }
        assertEquals(expected.subList(2, 5), answers);
      }
      GenerationConfig beams = GenerationConfig.beams(12, 3);
      assertEquals(
          List.of(
              adapters.get("b").generate("bad", beams), adapters.get("a").generate(TEXT, beams)),
          adapters.generate(List.of(new Request("b", "bad"), new Request("a", TEXT)), beams));
    }
  }

  @Test
  void mergingLeavesNoTraceOnceItIsTakenBack() {
    try (Adapters adapters = both()) {
      double[] before = adapters.get("a").classify(TEXT).probabilities();
      double[] other = adapters.get("b").classify(TEXT).probabilities();
      double[] merged = adapters.merge("a").get("a").classify(TEXT).probabilities();
      assertArrayEquals(before, merged, 1e-4);
      assertArrayEquals(other, adapters.get("b").classify(TEXT).probabilities());
      assertArrayEquals(before, adapters.unmerge("a").get("a").classify(TEXT).probabilities());
    }
  }

  @Test
  void combinedIsTheSumOfBoth() {
    Path out = folder.resolve("both");
    world
        .hone("combine", out.toString(), run("a") + "=0.5", run("b").toString(), "--type", "cat")
        .succeeded();
    try (Adapters adapters = both();
        TunedModel written = Hone.open(out)) {
      Combination cat = Combination.of(Combination.Type.CAT);
      adapters.combine("sum", Map.of("a", 1.0, "b", 1.0), cat);
      adapters.combine("half", Map.of("a", 0.5, "b", 1.0), cat);
      assertArrayEquals(
          adapters.stacked("a", "b").classify(TEXT).probabilities(),
          adapters.get("sum").classify(TEXT).probabilities(),
          1e-5);
      assertArrayEquals(
          written.classify(TEXT).probabilities(),
          adapters.get("half").classify(TEXT).probabilities(),
          1e-6);
      adapters.drop("half");
      assertFalse(adapters.names().contains("half"));
    }
  }

  @Test
  void anAdapterIsTakenOutOfATunedModel() {
    world.train("name=full", "train.steps=20", "method={type: full}").succeeded();
    Path out = folder.resolve("extracted");
    TinyWorld.Said said =
        world.hone(
            "extract",
            world.at("base"),
            run("full").toString(),
            out.toString(),
            "--rank",
            "32"); // as wide as the model: nothing is lost
    assertTrue(said.succeeded().out().contains("rank 32 holds 100.0 %"), said.out());
    try (TunedModel tuned = Hone.open(run("full"));
        TunedModel adapted = Hone.open(out)) {
      assertArrayEquals(
          tuned.classify(TEXT).probabilities(), adapted.classify(TEXT).probabilities(), 1e-4);
    }
    String again =
        world.hone("extract", world.at("base"), run("full").toString(), out.toString()).refusal();
    assertTrue(again.contains("exists"), again);
    String adapter =
        world.hone("extract", world.at("base"), run("a").toString(), world.at("no")).refusal();
    assertTrue(adapter.contains("adapter already"), adapter);
  }

  @Test
  void whatDoesNotFitIsRefused() {
    TinyWorld.base(folder.resolve("other"), 7);
    world.train("name=foreign", "train.steps=2", "model=" + folder.resolve("other")).succeeded();
    world.train("name=scales", "train.steps=5", "method={type: ia3}").succeeded();
    try (Adapters adapters = both()) {
      assertRefused("another base model", () -> adapters.load("c", run("foreign")));
      assertRefused("there is an adapter 'a' already", () -> adapters.load("a", run("b")));
      assertRefused("did you mean 'a'", () -> adapters.get("aa"));
      adapters.load("scales", run("scales"));
      assertRefused(
          "only LoRA",
          () ->
              adapters.combine(
                  "x", Map.of("a", 1.0, "scales", 1.0), Combination.of(Combination.Type.CAT)));
      assertRefused("cannot be added up", () -> adapters.stacked("a", "scales"));
    }
    String ranks =
        world.hone("combine", world.at("none"), run("a").toString(), run("b").toString()).refusal();
    assertTrue(ranks.contains("different ranks"), ranks);
    assertFalse(Files.exists(folder.resolve("none")));
    world.train("name=whole", "train.steps=2", "method={type: full}").succeeded();
    String whole =
        world
            .hone("combine", world.at("none"), run("whole").toString(), run("a").toString())
            .refusal();
    assertTrue(whole.contains("is a whole model"), whole);
    String weight = world.hone("combine", world.at("none"), run("a") + "=much").refusal();
    assertTrue(weight.contains("a number is expected"), weight);
  }

  private static void assertRefused(String part, Runnable action) {
    String said = assertThrows(HoneException.class, action::run).getMessage();
    assertTrue(String.valueOf(said).contains(part), said);
  }
}
