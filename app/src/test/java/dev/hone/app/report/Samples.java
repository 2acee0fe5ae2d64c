package dev.hone.app.report;

import dev.hone.app.report.RunReport.Bin;
import dev.hone.app.report.RunReport.Changes;
import dev.hone.app.report.RunReport.Command;
import dev.hone.app.report.RunReport.Comparison;
import dev.hone.app.report.RunReport.Cost;
import dev.hone.app.report.RunReport.Count;
import dev.hone.app.report.RunReport.DataSummary;
import dev.hone.app.report.RunReport.Example;
import dev.hone.app.report.RunReport.Fact;
import dev.hone.app.report.RunReport.Machine;
import dev.hone.app.report.RunReport.Step;
import dev.hone.app.report.RunReport.Training;
import dev.hone.app.report.RunReport.Validation;
import dev.hone.evaluate.Classification;
import dev.hone.evaluate.McNemar;
import dev.hone.evaluate.ResultLine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Reports with numbers as a real run would give them. */
final class Samples {
  private static final List<String> TOPICS =
      List.of("card", "transfer", "refund", "exchange rate", "top up", "PIN", "identity");
  private static final List<String> TROUBLES =
      List.of(
          "not working",
          "pending",
          "declined",
          "fee charged",
          "not recognised",
          "limit",
          "cancelled",
          "arriving late",
          "wrong amount",
          "how to",
          "supported countries");

  private Samples() {}

  static RunReport of(List<String> labels) {
    int rows = Math.max(400, labels.size() * 40);
    int[] gold = gold(rows, labels.size());
    int[] tuned = guesses(gold, labels.size(), 0.9);
    int[] shots = guesses(gold, labels.size(), 0.55);
    int[] random = guesses(gold, labels.size(), 0.62);
    List<ResultLine> lines =
        List.of(
            ResultLine.of("majority label", Classification.of(gold, new int[rows], labels)),
            line("zero-shot", gold, guesses(gold, labels.size(), 0.24), labels),
            line("few-shot, 6 examples", gold, shots, labels),
            line("same training from random weights", gold, random, labels),
            line("tuned, LoRA rank 8", gold, tuned, labels));
    return new RunReport(
        "bank-intents",
        "SmolLM2-135M learned to tell "
            + labels.size()
            + " kinds of customer questions apart, with LoRA of rank 8 on all linear layers.",
        List.of(new Fact("9.9 MB", "adapter to keep")),
        lines,
        List.of(),
        "tuned, LoRA rank 8",
        List.of(
            new Comparison("few-shot, 6 examples", McNemar.of(gold, tuned, shots)),
            new Comparison(
                "the same training from random weights", McNemar.of(gold, tuned, random))),
        changes(labels),
        training(626),
        data(labels, rows),
        """
        name: bank-intents
        model: models/SmolLM2-135M
        data:
          path: [data/banking77.csv]
          columns: {text: text, label: category}
          prompt: "{text}\\nLabel:"
          answer: " {label}"
          split: {validation: 0.1, test: 0.2, seed: 1, nearDuplicate: 0.8}
        method:
          lora: {rank: 8, alpha: 16, dropout: 0.05, targetModules: all-linear}
        train: {epochs: 3, batch: 16, rate: 0.001, schedule: cosine, warmup: 0.06}
        seed: 1
        """,
        new Machine(
            "AMD EPYC 7B13, AVX2",
            2,
            24L << 30,
            "Linux 6.1, x86-64",
            "CPU, fp32",
            "Temurin 25+36",
            "2.10.0",
            "MKL 2025.3",
            2),
        new Cost(
            Duration.ofSeconds(1_943),
            Duration.ofSeconds(1_391),
            241_338,
            173.5,
            3_543_348_019L,
            2_442_240,
            136_957_248),
        List.of(
            new Command("Ask the tuned model.", "hone ask runs/bank-intents \"Where is my card?\""),
            new Command(
                "Merge the adapter into a copy of the base model, and prove that both agree.",
                "hone merge runs/bank-intents --into models/bank-intents"),
            new Command(
                "Score it on rows of your own.",
                "hone evaluate runs/bank-intents --data mine.csv")));
  }

  static List<String> intents(int count) {
    List<String> labels = new ArrayList<>();
    for (String topic : TOPICS) {
      for (String trouble : TROUBLES) {
        labels.add((topic + " " + trouble).replace(' ', '_'));
      }
    }
    return labels.subList(0, count);
  }

  static Training training(int steps) {
    SplittableRandom random = new SplittableRandom(3);
    List<Step> points = new ArrayList<>();
    List<Validation> validation = new ArrayList<>();
    for (int step = 1; step <= steps; step++) {
      double progress = (double) step / steps;
      double expected = 0.32 + 3.9 * Math.exp(-9 * progress);
      double noise = Math.exp(0.35 * (random.nextDouble() + random.nextDouble() - 1));
      double warmup = Math.min(1, progress / 0.06);
      double rate = 1e-3 * warmup * 0.5 * (1 + Math.cos(Math.PI * progress));
      points.add(new Step(step, expected * noise, rate, (0.5 + expected) * noise * noise));
      if (step % 100 == 0 || step == steps) {
        validation.add(new Validation(step, expected + 0.09 + 0.06 * progress));
      }
    }
    return new Training(points, validation, steps);
  }

  private static ResultLine line(String name, int[] gold, int[] guesses, List<String> labels) {
    return ResultLine.of(name, Classification.of(gold, guesses, labels));
  }

  private static int[] gold(int rows, int labels) {
    SplittableRandom random = new SplittableRandom(11);
    return IntStream.range(0, rows)
        .map(row -> Math.min(random.nextInt(labels), random.nextInt(labels)))
        .toArray();
  }

  /** Right with the given chance; else mostly a neighbour, as real confusions are. */
  private static int[] guesses(int[] gold, int labels, double right) {
    SplittableRandom random = new SplittableRandom(Double.hashCode(right));
    return IntStream.of(gold)
        .map(
            label -> {
              if (random.nextDouble() < right) {
                return label;
              }
              return random.nextInt(3) > 0
                  ? (label + 1 + random.nextInt(2)) % labels
                  : random.nextInt(labels);
            })
        .toArray();
  }

  private static Changes changes(List<String> labels) {
    List<Example> gained = new ArrayList<>();
    List<String> texts =
        List.of(
            "My card was declined at the supermarket this morning, although there is money on it.",
            "Why do I pay a fee for a transfer inside the country?",
            "i still have not got my money back from the shop, its been two weeks",
            "Can I change my PIN abroad?",
            "Hello! I topped up yesterday and it says \u201cpending\u201d. How long does that take? I need"
                + " the money for the rent, which is due on Friday, and my landlord is not patient.",
            "The rate you used is not the one I saw.",
            "Which countries do you support?");
    for (int i = 0; i < 14; i++) {
      String gold = labels.get(i % labels.size());
      String other = labels.get((i + 1) % labels.size());
      gained.add(new Example(texts.get(i % texts.size()), gold, other, gold));
    }
    List<Example> lost =
        gained.subList(2, 5).stream()
            .map(e -> new Example(e.text(), e.gold(), e.gold(), e.before()))
            .toList();
    return new Changes("few-shot, 6 examples", 1_176, 61, gained, lost);
  }

  private static DataSummary data(List<String> labels, int testRows) {
    SplittableRandom random = new SplittableRandom(5);
    int[] lengths =
        IntStream.range(0, 5_000)
            .map(i -> (int) (9 + 14 * -Math.log(1 - random.nextDouble() * 0.9995)))
            .toArray();
    List<Count> counts =
        IntStream.range(0, labels.size())
            .mapToObj(i -> new Count(labels.get(i), 230 - i * 150L / labels.size()))
            .toList();
    return new DataSummary(
        testRows * 5L + 53,
        List.of(
            new Count("training rows", testRows * 7L / 2),
            new Count("validation rows", testRows / 2),
            new Count("test rows", testRows)),
        counts,
        Bin.of(lengths),
        96,
        List.of(new Count("longer than 96 tokens", 41), new Count("empty text", 12)),
        155,
        0);
  }
}
