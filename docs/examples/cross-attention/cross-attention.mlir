// Attention with its own Q, K and V projections: decoder states (width 16) attend
// to encoder states (width 12) in one head of size 8.
//
//   context = softmax(Q K^T / sqrt(8)) V,
//   Q = decoder Wq + bq,  K = encoder Wk + bk,  V = encoder Wv + bv
//
// The weights are those of model.onnx, and so are the numbers:
//
//   attn-run cross-attention.mlir --onnx-test=.

// (batch, sequence, input feature, head, head feature)
#states = affine_map<(b, s, c, h, f) -> (b, s, c)>
#weight = affine_map<(b, s, c, h, f) -> (c, h, f)>
#heads = affine_map<(b, s, c, h, f) -> (b, s, h, f)>

func.func @main(
    %decoder: tensor<?x?x16xf32> {attn.name = "decoder", attn.dim_names = ["batch", "target", ""]},
    %encoder: tensor<?x?x12xf32> {attn.name = "encoder", attn.dim_names = ["batch", "source", ""]})
    -> (tensor<?x?x8xf32> {attn.name = "context", attn.dim_names = ["batch", "target", ""]}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %batch = tensor.dim %decoder, %c0 : tensor<?x?x16xf32>
  %target = tensor.dim %decoder, %c1 : tensor<?x?x16xf32>
  %source = tensor.dim %encoder, %c1 : tensor<?x?x12xf32>

  // Weights [input features, heads, head features] and biases [heads, head features].
  %wq = arith.constant dense_resource<query.weight> : tensor<16x1x8xf32>
  %bq = arith.constant dense_resource<query.bias> : tensor<1x8xf32>
  %wk = arith.constant dense_resource<key.weight> : tensor<12x1x8xf32>
  %bk = arith.constant dense_resource<key.bias> : tensor<1x8xf32>
  %wv = arith.constant dense_resource<value.weight> : tensor<12x1x8xf32>
  %bv = arith.constant dense_resource<value.bias> : tensor<1x8xf32>

  // A projection: the bias everywhere, then the product added to it.
  %for_target = tensor.empty(%batch, %target) : tensor<?x?x1x8xf32>
  %for_source = tensor.empty(%batch, %source) : tensor<?x?x1x8xf32>
  %q0 = linalg.broadcast ins(%bq : tensor<1x8xf32>) outs(%for_target : tensor<?x?x1x8xf32>) dimensions = [0, 1]
  %q = linalg.contract indexing_maps = [#states, #weight, #heads]
    ins(%decoder, %wq : tensor<?x?x16xf32>, tensor<16x1x8xf32>) outs(%q0 : tensor<?x?x1x8xf32>) -> tensor<?x?x1x8xf32>
  %k0 = linalg.broadcast ins(%bk : tensor<1x8xf32>) outs(%for_source : tensor<?x?x1x8xf32>) dimensions = [0, 1]
  %k = linalg.contract indexing_maps = [#states, #weight, #heads]
    ins(%encoder, %wk : tensor<?x?x12xf32>, tensor<12x1x8xf32>) outs(%k0 : tensor<?x?x1x8xf32>) -> tensor<?x?x1x8xf32>
  %v0 = linalg.broadcast ins(%bv : tensor<1x8xf32>) outs(%for_source : tensor<?x?x1x8xf32>) dimensions = [0, 1]
  %v = linalg.contract indexing_maps = [#states, #weight, #heads]
    ins(%encoder, %wv : tensor<?x?x12xf32>, tensor<12x1x8xf32>) outs(%v0 : tensor<?x?x1x8xf32>) -> tensor<?x?x1x8xf32>

  // The scale is 1/sqrt(8) by default. No transposes: the layouts say how the dimensions lie.
  %heads = attn.attention %q, %k, %v
    layout query [batch, sequence, head, feature] key [batch, sequence, head, feature]
      value [batch, sequence, head, feature] output [batch, sequence, head, feature]
    : tensor<?x?x1x8xf32>, tensor<?x?x1x8xf32>, tensor<?x?x1x8xf32> -> tensor<?x?x1x8xf32>
  %context = tensor.collapse_shape %heads [[0], [1], [2, 3]] : tensor<?x?x1x8xf32> into tensor<?x?x8xf32>
  return %context : tensor<?x?x8xf32>
}

{-#
  dialect_resources: {
    builtin: {
      key.bias: "0x04000000EE489C3D70CA85BC07B61ABE477B11BCAF4FA3BDD378C6BD818912BE6C550FBE",
      key.weight: "0x040000009771DD3D3AB7923E01AD44BE05153F3E79D58ABE3A13A83D49CA12BDEC21813CCD437DBEF8BE33BE4AE44B3E06B85BBD6B572CBE0F3B20BE008C00BEE4994ABEC9EA8F3E399F7D3D421DC23C80EB84BEFB15D1BDC4FEEF3D809F6EBEFFAC883E486DB2BCF8AB3EBD686C90BECAF121BB3C43D93DC811623EFA5CA1BD8BB9543E89AC8CBE9C8B79BE3A5A603C088C80BEAC0F843EC20B43BE7534A33CA6B5E1BC7D0032BDEADA25BB93C23D3E1BEA8A3C91B9033EDF6438BE5FE815BE728605BE1713413E7E20C6BDF9D02DBEBC2A5B3E8455DF3DED9CF5BD7A755DBE3375F9BD4922083EEC7C7CBE679E59BC5F51FC3D59D67ABEA7167DBEA4B1AC3D84E1803E07304ABB9F6557BE4A4613BE3ECD34BE85463F3E069B07BDC92B2E3D746B1A3E6663503ECF66CE3BDA1569BE4B7A82BDCABBD33D651D383E63E6B7BD690318BEE8D986BE9D05893E3CF727BE06BCEC3D071CBEBDE945DD3D07E1A13D37C43C3C5A1A4D3EC9ABD33D2E79ED3C7B62A03D5ED50DBECD84BEBD8F99883E7487723D",
      query.bias: "0x04000000E0DB78BE166060BE92812DBEEC899F3DAC15D1BDAA4F64BE7477C63DA07D013E",
      query.weight: "0x0400000040E56A3DFCACD83D50FF703D00E5D83CF463633EB4A3593E144A45BE6CF8E3BD88AF73BDC20517BE427C283E40639C3C40BC80BB2064FBBC36901FBEE0B357BCB4678C3D98D4C4BD40C7493CDC99083EA4DBA93D5AE77EBE74192FBEDC401FBE003751BC2833763E10B2EABD98F72B3E262470BE0003783DA88EA4BD600141BD58B8DA3D08BF7ABEFC03E13D64D8373EE039A3BDAC58DE3DE818BBBD305117BD58C9733DC0188BBCF48AC4BD0861143EDCABF93D8033E5BD68FF24BDAE16643EE062EBBCB04DA2BCD8D562BD30A979BDDE3469BE601EC0BC90A777BEA0C680BC6AF74EBE4E95353E50570CBE205836BC2C075F3EC857DD3D4837D83D56D20A3E40CB693DD0B3C2BCF0C4A0BD881950BD105A28BEF0481FBE023B113E68763B3EF2A562BE98D1863DA4356DBE62EC143EE8E7A13D685307BE1045A23D941BE43D1095063D809F44BC1877DA3D7072E33C60111BBC2090C5BC50AD223E6CA05EBE101B883CAC580FBE7C15C73DFEEF6C3E4872343DECC633BEA250403E90DF3F3E082D61BD2A1911BE98664B3D5CD7013E906BC63C50561D3E86B77CBEB4D1283E9654513E34BFF8BDE461FB3DF0CA5ABE2E516FBE2082A73C30AE1A3D3A8437BE50AD883C328D68BE7C00D93DC8C6953D90F45BBD782A193EF2776D3E9490B6BDBC50D43DB42326BE4038353CDAFB753E08D221BE120D093E068739BEC03D2E3E",
      value.bias: "0x04000000A7F3683E70DF40BE37DF373EFFA828BD390B853E05077EBED16C4F3D7E8C563E",
      value.weight: "0x04000000214B0BBEBAA1923D31B38DBE2E8AC13BD226663ED2A346BD020557BE229A973D22F6E83D13738ABE69B49E3DA68787BDD49B3CBEB3285EBEE1BCF73D614988BE4DEA79BE5CF862BE9BE063BE2DD037BD302D41BE50A2433E5AD749BEA140B2BDD0938CBE4164263E02026BBE830A283EC77D083D1DB99ABDC8F2543E20DCD8BD75D57C3E159C173D3AEDD53D0FF8DD3D0BF90A3C5EB62DBD7F3D62BEC99E433BFB3DD43D34FA423E4C5E163E49997ABDB14DFEBD7ED3903E50512DBEB76B843E5E7F233E05A6833E8369CA3D9E93C2BDFC9D933ECD208F3E4880E63D17A356BE5AF2003E04B2333E63EEAB3D08E155BE26EE7CBE330A5CBED826223EA34F7CBBE980E1BDE8487BBDD897B2BD7025183E2930203E24E09ABD88DACFBD69BFE23D85A739BE9B8603BEE0C9E43B4ECC4FBE25E80F3E5864273EED152BBE135F263E478049BE9C4BA73D6C8382BE454CB73D356788BDF636373ED58FE23D326592BE223C95BC7C76703E3DD240BE00FA56BDA070D13D15E657BE7288BE3D57DA423C"
    }
  }
#-}
