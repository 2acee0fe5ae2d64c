package dev.hone.model;

import dev.hone.tensor.Tape;
import dev.hone.tensor.Tensor;

/** One transformer layer: x [B, T, C] to [B, T, C]. */
public sealed interface Block {
  Tensor forward(Tensor x, Frame frame, Pass pass);

  /** Normalises before each part: x + attention(norm(x)), then x + mlp(norm(x)). */
  record PreNorm(Norm beforeAttention, Attention attention, Norm beforeMlp, Mlp mlp, double dropout)
      implements Block {
    @Override
    public Tensor forward(Tensor x, Frame frame, Pass pass) {
      Tensor attended = attention.forward(beforeAttention.forward(x, pass), frame, pass);
      Tensor middle = Tape.boundary(x.add(pass.dropout(attended, dropout)));
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
      Tensor middle = Tape.boundary(afterAttention.forward(x.add(attended), pass));
      Tensor fed = pass.dropout(mlp.forward(middle, pass), dropout);
      return afterMlp.forward(middle.add(fed), pass);
    }
  }
}
