// RUN: attn-opt %s --attn-verify-no-attn-ops --verify-diagnostics

func.func @left(%s: f32) -> f32 {
  // expected-error @+1 {{expected no attn op here, got 'attn.softcap'}}
  %0 = attn.softcap %s, 50.0 : f32
  return %0 : f32
}
