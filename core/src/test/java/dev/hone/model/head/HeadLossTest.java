package dev.hone.model.head;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.hone.TinyEncoders;
import dev.hone.TinyModels;
import dev.hone.model.Inputs;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import org.junit.jupiter.api.Test;

/** Losses against the formulas, in double precision. */
class HeadLossTest {
  private static double logSigmoid(double x) {
    return -Math.log1p(Math.exp(-x));
  }

  @Test
  void severalLabelsAreAYesOrNoEach() {
    try (Scope scope = Scope.open()) {
      Tensor logits = Tensors.of(new float[] {2, -1, 0.5f, 90}, 2, 2);
      Tensor labels = Tensors.of(new float[] {1, 0, 0.25f, 1}, 2, 2);
      double third = 0.25 * logSigmoid(0.5) + 0.75 * logSigmoid(-0.5);
      double expected = -(logSigmoid(2) + logSigmoid(1) + third + logSigmoid(90)) / 4;
      assertEquals(
          expected, ProblemType.MULTI_LABEL_CLASSIFICATION.loss(logits, labels).item(), 1e-6);
      assertEquals(expected, ProblemType.UNSET.loss(logits, labels).item(), 1e-6);
      Tensor few = Tensors.ones(2, 1);
      assertThrows(
          IllegalArgumentException.class,
          () -> ProblemType.MULTI_LABEL_CLASSIFICATION.loss(logits, few));
    }
  }

  @Test
  void numbersAreComparedBySquares() {
    try (Scope scope = Scope.open()) {
      Tensor logits = Tensors.of(new float[] {2, -1}, 2, 1);
      double expected = (0.5 * 0.5 + 4) / 2;
      for (Tensor labels :
          new Tensor[] {
            Tensors.of(new float[] {1.5f, 1}, 2), Tensors.of(new float[] {1.5f, 1}, 2, 1)
          }) {
        assertEquals(expected, ProblemType.REGRESSION.loss(logits, labels).item(), 1e-6);
        assertEquals(expected, ProblemType.UNSET_SHARES.loss(logits, labels).item(), 1e-6);
      }
      Tensor wide = Tensors.of(new float[] {1, 2, 3, 4}, 2, 2);
      assertEquals(1, ProblemType.REGRESSION.loss(wide, wide.add(1.0)).item(), 1e-6);
    }
  }

  @Test
  void anAnswersEndsAreClassesOfPositions() {
    try (Scope scope = Scope.open();
        Model model = TinyModels.random(TinyEncoders.config("BertForQuestionAnswering", "{}"))) {
      Tensor logits = Tensors.of(new float[] {1, 0, 0, 2, 0, 0, 3, 0, 0, 0, 0, 1}, 2, 3, 2);
      // The second row begins before its first token and ends behind its last.
      Tensor labels = Tensors.of(new long[] {0, 1, -4, 3}, 2, 2);
      double begin0 = 1 - Math.log(Math.E + 2);
      double begin1 = 3 - Math.log(Math.exp(3) + 2);
      double end0 = 2 - Math.log(Math.exp(2) + 2);
      assertEquals(
          -((begin0 + begin1) / 2 + end0) / 2, model.head().loss(logits, labels).item(), 1e-6);
    }
  }

  @Test
  void choicesOfOneQuestionStandInOneRow() {
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off();
        Model model = TinyModels.random(TinyEncoders.config("BertForMultipleChoice", "{}"))) {
      Tensor ids = Tensors.of(new long[] {5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, 2, 3, 2);
      Tensor logits = model.logits(Inputs.ofChoices(ids, null, null), Pass.plain());
      Tensor rows = model.logits(Inputs.of(ids.reshape(6, 2)), Pass.plain());
      assertEquals(0, TinyModels.distance(rows.toFloats(), logits.toFloats()), 1e-5);
      assertEquals(2, logits.size(0));
      assertEquals(3, logits.size(1));
    }
  }

  @Test
  void replacedTokensLeaveOutPadding() {
    try (Scope scope = Scope.open();
        Model model = TinyModels.random(TinyEncoders.config("ElectraForPreTraining", "{}"))) {
      Tensor logits = Tensors.of(new float[] {2, -1, 5}, 1, 3);
      Tensor labels = Tensors.of(new long[] {1, 0, -100}, 1, 3);
      assertEquals(
          -(logSigmoid(2) + logSigmoid(1)) / 2, model.head().loss(logits, labels).item(), 1e-6);
    }
  }
}
