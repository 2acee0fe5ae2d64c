package dev.hone.model;

import dev.hone.tensor.Tensor;
import java.util.function.UnaryOperator;

/** One transformer layer: x [B, T, C] to [B, T, C]. */
public sealed interface Block {
  Tensor forward(Tensor x, Frame frame, Pass pass);

  /** Normalises before each part: x + attention(norm(x)), then x + mlp(norm(x)). */
  record PreNorm(Norm beforeAttention, Attention attention, Norm beforeMlp, Mlp mlp, double dropout)
      implements Block {
    @Override
    public Tensor forward(Tensor x, Frame frame, Pass pass) {
      Tensor attended = attention.forward(beforeAttention.forward(x, pass), frame, pass);
      Tensor middle = x.add(pass.dropout(attended, dropout));
      Tensor fed = mlp.forward(beforeMlp.forward(middle, pass), pass);
      return middle.add(pass.dropout(fed, dropout));
    }
  }

  /** Normalises after each sum: norm(x + attention(x)), then norm(x + mlp(x)). */
  record PostNorm(Attention attention, Norm afterAttention, Mlp mlp, Norm afterMlp, double dropout)
      implements Block {
    @Override
    public Tensor forward(Tensor x, Frame frame, Pass pass) {
      Tensor attended = pass.dropout(attention.forward(x, frame, pass), dropout);
      Tensor middle = afterAttention.forward(x.add(attended), pass);
      Tensor fed = pass.dropout(mlp.forward(middle, pass), dropout);
      return afterMlp.forward(middle.add(fed), pass);
    }
  }

  /**
   * A decoder's layer that also looks at what the encoder has left: attention, cross-attention and
   * feed-forward part, each added to what goes in.
   *
   * @param normFirst whether a norm stands before its part, or after the sum
   */
  record Crossed(
      boolean normFirst,
      Norm attentionNorm,
      Attention attention,
      Norm crossNorm,
      CrossAttention cross,
      Norm mlpNorm,
      Mlp mlp,
      double dropout)
      implements Block {
    @Override
    public Tensor forward(Tensor x, Frame frame, Pass pass) {
      Tensor own = part(x, attentionNorm, pass, in -> attention.forward(in, frame, pass));
      Tensor seen = part(own, crossNorm, pass, in -> cross.forward(in, frame, pass));
      return part(seen, mlpNorm, pass, in -> mlp.forward(in, pass));
    }

    private Tensor part(Tensor x, Norm norm, Pass pass, UnaryOperator<Tensor> inner) {
      Tensor made = inner.apply(normFirst ? norm.forward(x, pass) : x);
      Tensor sum = x.add(pass.dropout(made, dropout));
      return normFirst ? sum : norm.forward(sum, pass);
    }
  }
}
